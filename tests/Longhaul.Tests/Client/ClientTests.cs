using Microsoft.Extensions.DependencyInjection;

namespace Longhaul.Tests.Client;

public sealed class ClientTests
{
    [Job("test.mail")]
    public sealed record Mail(string To);

    [Fact]
    public async Task An_enqueued_job_is_in_the_store()
    {
        await using var services = new ServiceCollection().AddLonghaul(static l => l.UseMemory()).BuildServiceProvider();
        var jobs = services.GetRequiredService<IJobClient>();

        var result = await jobs.EnqueueAsync(new Mail("ann"), cancellationToken: TestContext.Current.CancellationToken);

        result.Created.ShouldBeTrue();
        var job = await jobs.GetAsync(result.Id, TestContext.Current.CancellationToken);
        job.ShouldNotBeNull();
        job.Name.ShouldBe("test.mail");
        job.Queue.ShouldBe("default");
        job.State.ShouldBe(JobState.Pending);
        job.Attempt.ShouldBe(1);
    }
}
