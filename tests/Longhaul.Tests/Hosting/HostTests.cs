using System.Collections.Concurrent;
using Longhaul.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Longhaul.Tests.Hosting;

public sealed class HostTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Job("host.greet", Queue = "greetings")]
    public sealed record Greet(string Name);

    public sealed class GreetHandler(ConcurrentQueue<string> greeted) : IJobHandler<Greet>
    {
        public Task HandleAsync(Greet job, JobContext context, CancellationToken cancellationToken)
        {
            greeted.Enqueue(job.Name);
            return Task.CompletedTask;
        }
    }

    [Fact]
    public async Task A_worker_in_the_host_runs_what_the_client_enqueues()
    {
        var greeted = new ConcurrentQueue<string>();
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton(greeted);
        builder.Services.AddLonghaul(static l => l.UseMemory().AddHandler<Greet, GreetHandler>().AddWorker(static w => w.Queues("greetings")));
        using var host = builder.Build();
        await host.StartAsync(Stop);

        var jobs = host.Services.Client();
        var id = await jobs.EnqueueAsync(new Greet("Ann"), cancellationToken: Stop);
        var job = await jobs.WaitAsync(id, Patience, Stop);
        await host.StopAsync(Stop);

        job.State.ShouldBe(JobState.Completed);
        greeted.ShouldBe(["Ann"]);
    }

    [Fact]
    public async Task Each_named_longhaul_has_a_store_and_a_client_of_its_own()
    {
        var greeted = new ConcurrentQueue<string>();
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton(greeted);
        builder.Services.AddLonghaul(static l => l.UseMemory());
        builder.Services.AddLonghaul("reports", static l => l.UseMemory().AddHandler<Greet, GreetHandler>().AddWorker());
        using var host = builder.Build();
        await host.StartAsync(Stop);
        var mine = host.Services.Client();
        var theirs = host.Services.GetRequiredKeyedService<IJobClient>("reports");

        var here = await mine.EnqueueAsync(new Greet("here"), cancellationToken: Stop);
        var there = await theirs.EnqueueAsync(new Greet("there"), cancellationToken: Stop);
        await theirs.WaitAsync(there, Patience, Stop);
        await host.StopAsync(Stop);

        greeted.ShouldBe(["there"]);
        (await mine.GetAsync(here, Stop))!.State.ShouldBe(JobState.Pending);
        (await host.Services.GetRequiredService<IJobStore>().ListQueuesAsync(Stop)).ShouldContain(static q => q.Name == "greetings" && q.Due == 1);
    }

    [Fact]
    public async Task A_second_call_adds_to_the_same_longhaul()
    {
        var greeted = new ConcurrentQueue<string>();
        await using var services = new ServiceCollection()
            .AddSingleton(greeted)
            .AddLonghaul(static l => l.UseSync())
            .AddLonghaul(static l => l.AddHandler<Greet, GreetHandler>())
            .BuildServiceProvider();

        await services.Client().EnqueueAsync(new Greet("Ann"), cancellationToken: Stop);

        greeted.ShouldBe(["Ann"]);
    }

    [Fact]
    public async Task A_host_does_not_start_with_a_setup_that_does_not_hold()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddLonghaul(static l => l.UseMemory().AddHandler<Greet, GreetHandler>().AddWorker(static w => w.Concurrency = 0));
        using var host = builder.Build();

        var error = await Should.ThrowAsync<LonghaulSetupException>(() => host.StartAsync(Stop));

        error.Problems.Count.ShouldBe(2);
        error.Message.ShouldStartWith("Longhaul cannot start, 2 things are wrong:");
        error.Problems.ShouldContain("Worker.Concurrency must be from 1 to 100000, but was 0. Correct it, or leave it out for the default.");
        error.Problems.ShouldContain(static p => p.Contains("ConcurrentQueue", StringComparison.Ordinal) && p.EndsWith("Register it in the services.", StringComparison.Ordinal));
    }

    [Fact]
    public void A_container_that_is_disposed_without_await_does_not_complain()
    {
        var services = new ServiceCollection().AddLonghaul(static l => l.UseMemory()).BuildServiceProvider();
        services.GetRequiredService<IJobStore>().ShouldNotBeNull();

        services.Dispose();
    }
}
