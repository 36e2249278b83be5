using Longhaul.Storage;

namespace Longhaul.Proof;

/// <summary>Enqueues jobs, and repeats a call whose outcome it does not know until it is told.</summary>
internal sealed class SimProducer(Simulation simulation, int number)
{
    private readonly List<NewJob> _unanswered = [];
    private readonly ObservedStore _store = new(
        new UnreliableStore(simulation.Store, simulation.Random) { LosesCalls = simulation.LosesCalls, LosesAnswers = simulation.LosesAnswers },
        new ProcessRecorder(simulation.Recorder, $"producer-{number}"),
        SimJob.CursorOf);

    /// <summary>Whether all that it wants is in.</summary>
    public bool IsDone => _unanswered.Count == 0;

    public async Task StepAsync(bool more)
    {
        if (more && simulation.Random.Next(7) == 0)
            _unanswered.Add(await NewAsync());
        foreach (var job in _unanswered.ToArray())
        {
            try
            {
                var answer = (await _store.EnqueueAsync([job], null, CancellationToken.None))[0];
                _unanswered.Remove(job);
                if (answer.Status is EnqueueStatus.Created or EnqueueStatus.Repeated)
                    simulation.Accepted.Add(answer.Id);
            }
            catch (StoreException)
            {
                if (simulation.Bug != PlantedBug.RepeatTakesNewId)
                    continue;
                _unanswered.Remove(job);
                _unanswered.Add(job with { Id = await _store.TakeIdsAsync(1, null, CancellationToken.None), Nonce = simulation.Random.NextInt64(1, long.MaxValue) });
            }
        }
    }

    private async Task<NewJob> NewAsync()
    {
        var random = simulation.Random;
        var order = simulation.NextOrder();
        var job = new SimJob(order, random.Next(8) == 0 ? 60 : random.Next(1, 14), random.Next(4) == 0 ? random.Next(1, 4) : 0, random.Next(3) == 0 ? random.Next(1, 12) : 0, random.Next(3) == 0);
        return new NewJob
        {
            Id = await _store.TakeIdsAsync(1, null, CancellationToken.None),
            Nonce = random.NextInt64(1, long.MaxValue),
            Name = SimJob.Name,
            Queue = random.Next(2) == 0 ? "default" : "low",
            Payload = job.ToJson(),
            Delay = random.Next(4) == 0 ? TimeSpan.FromSeconds(random.Next(1, 20)) : TimeSpan.Zero,
            Priority = (byte)random.Next(90, 110),
            Policy = new JobPolicy { MaxAttempts = random.Next(2, 4), RetryDelay = TimeSpan.FromSeconds(random.Next(1, 4)), MaxLostRuns = 20 },
            Unique = random.Next(3) == 0 ? new UniqueKey($"key-{random.Next(4)}", random.Next(2) == 0 ? UniqueScope.UntilFinished : UniqueScope.UntilStarted) : null,
        };
    }
}
