using Longhaul.Memory;
using Longhaul.Storage;
using Longhaul.Tests.Jobs;
using Longhaul.Worker;
using Microsoft.Extensions.Logging.Abstractions;

namespace Longhaul.Tests.Worker;

public sealed class SettlerTests
{
    [Fact]
    public async Task What_is_thrown_when_an_answer_is_told_holds_up_no_other_run()
    {
        var told = 0;
        var settler = new Settler(new MemoryStore(), TimeProvider.System, NullLogger.Instance, (_, _) =>
        {
            if (Interlocked.Increment(ref told) == 1)
                throw new InvalidOperationException("A listener of the metrics threw.");
        });
        for (var token = 1; token <= 3; token++)
        {
            var claim = new ClaimedRun
            {
                Key = new RunKey(new JobId(7), token),
                Name = "test.work",
                Queue = "default",
                Payload = "{}"u8.ToArray(),
                RunNumber = 1,
                FenceToken = 1,
            };
            var session = new WorkerSession(new SessionId(1), TimeProvider.System, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1));
            await settler.AddAsync(new ActiveRun(claim, null!, new RunState(claim, new FakeJob()), session), new Settlement { Key = claim.Key, Outcome = Outcome.Completed });
        }

        settler.Start();
        await settler.StopAsync().WaitAsync(TestApp.Patience, TestContext.Current.CancellationToken);

        told.ShouldBe(3);
    }
}
