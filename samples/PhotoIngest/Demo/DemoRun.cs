using Longhaul;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using PhotoIngest.Jobs;
using PhotoIngest.Library;

namespace PhotoIngest.Demo;

/// <summary>Takes one folder in and watches until every photo has come to an end. Stopped or killed, it goes on when it is started again.</summary>
internal sealed class DemoRun(IServiceProvider services, string folder, IProgressView view, TextWriter output)
{
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(30);

    private readonly PhotoLibrary _library = services.GetRequiredService<PhotoLibrary>();
    private readonly PhotoLedger _ledger = services.GetRequiredService<PhotoLedger>();
    private readonly Sittings _sittings = services.GetRequiredService<Sittings>();
    private readonly TimeProvider _time = services.GetRequiredService<TimeProvider>();
    private readonly Dispatch _dispatch = services.GetRequiredService<Dispatch>();
    private readonly IJobClient _jobs = services.GetRequiredService<IJobClient>();
    private readonly CancellationToken _stopping = services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
    private readonly int _total = new PhotoFolder(folder, except: services.GetRequiredService<LibraryPaths>().Root).Count;

    /// <summary>Runs to the end, or until the host is to stop.</summary>
    /// <returns>Whether every photo has come to an end.</returns>
    /// <exception cref="DemoFailedException">The long job itself has failed, or somebody cancelled it.</exception>
    public async Task<bool> RunAsync()
    {
        var before = _ledger.Count(folder);
        await output.WriteLineAsync(before.Files > 0 && before.Open + _total - before.Files > 0
            ? $"going on: {Summary.Number(before.Ingested)} of {Summary.Number(_total)} ingested"
            : $"taking in {folder}: {Summary.Number(_total)} files");

        var sitting = _sittings.Begin(folder);
        JobId job = await _jobs.EnqueueAsync(new IngestFolder(folder, Confirm: true), Once.For(folder), CancellationToken.None);
        var done = false;
        await view.ShowAsync(async show => done = await WatchAsync(job, sitting, show));

        if (done && _ledger.Count(folder) == before)
            _sittings.Forget(sitting); // nothing was left to do: looking once more is not work
        return done;
    }

    private async Task<bool> WatchAsync(JobId job, long sitting, Action<Standing> show)
    {
        var rate = new RateWindow(_time);
        var (last, changed) = (_ledger.Count(folder), _time.GetTimestamp());
        using var timer = new PeriodicTimer(view.Interval, _time);
        do
        {
            var walk = await _jobs.GetAsync(job, CancellationToken.None);
            var counts = _ledger.Count(folder);
            _sittings.Touch(sitting);
            show(new Standing(_total, counts, rate.Add(counts.Ingested + counts.Failures)));

            if (walk is { State: JobState.Failed or JobState.Cancelled })
                throw new DemoFailedException(job, walk);
            var walked = walk is null or { State: JobState.Completed };
            if (walked && counts.Open == 0)
                return true;

            if (counts != last)
                (last, changed) = (counts, _time.GetTimestamp());
            if (walked && _time.GetElapsedTime(changed) > Quiet)
            {
                await ReviveAsync();
                changed = _time.GetTimestamp();
            }
        }
        while (await WaitAsync(timer));

        return false;
    }

    /// <summary>Whoever has a job keeps it; a photo whose job was cancelled or cleared away gets one anew.</summary>
    private async Task ReviveAsync()
    {
        foreach (var photo in _library.Open(folder))
            await _dispatch.NextAsync(photo, CancellationToken.None);
    }

    private async ValueTask<bool> WaitAsync(PeriodicTimer timer)
    {
        try
        {
            return await timer.WaitForNextTickAsync(_stopping);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
