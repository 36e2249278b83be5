using System.Net;
using Longhaul.AspNetCore.Tests.Support;
using Longhaul.Conformance;
using Longhaul.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;

namespace Longhaul.AspNetCore.Tests;

/// <summary>Many who follow at once, and some who do not read. <c>./campaign events</c> is the same with a thousand.</summary>
[Trait("Part", "web")]
public sealed class EventCrowdTests
{
    private const string User = $"{TestUser.Header}: ann;view;";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Those_who_read_are_told_all_beside_those_who_never_do()
    {
        const int Readers = 20;
        await using var web = await Web.StartAsync(StoreKind.Sqlite);
        var id = await web.AddAsync();
        using var worker = await TestWorker.OpenAsync(web.Store, static record => record with { Names = ["greet"] });
        var run = await worker.ClaimOneAsync(id);
        var told = Enumerable.Range(0, Readers).Select(static _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).ToArray();
        await using var crowd = await EventCrowd.OpenAsync(EndPoint(web), Web.Api($"jobs/{id}/events"), Readers, Readers, Heard, User);
        await Await.WithinAsync(ClientsAsync(web, 2 * Readers), "all clients to be there");

        for (var step = 1; step <= 5; step++)
            await worker.WriteAsync(run, update => update with { Progress = new ProgressRecord { Done = step, Total = 5 } });
        await worker.EndAsync(run, Outcome.Completed);

        await Await.WithinAsync(Task.WhenAll(told.Select(static each => each.Task)), "the job's end at all who read");
        crowd.Lost.ShouldBe(0);

        void Heard(int reader, string name, string data)
        {
            if (name == "job" && data.Contains("\"state\":\"completed\"", StringComparison.Ordinal))
                told[reader].TrySetResult();
        }
    }

    [Fact]
    public async Task A_large_event_is_held_once_and_not_by_each_who_does_not_read()
    {
        const int Silent = 100;
        const long Large = 200 * 8_000;
        await using var web = await Web.StartAsync(change: static setup => setup.Host = SmallBuffers);
        var id = await web.AddAsync();
        using var worker = await TestWorker.OpenAsync(web.Store, static record => record with { Names = ["greet"] });
        await LogAsync(worker, await worker.ClaimOneAsync(id));
        await using var first = await EventListener.OpenAsync(web.Admin, $"jobs/{id}/events");
        await first.NextAsync("log");
        var before = GC.GetTotalMemory(forceFullCollection: true);

        await using var crowd = await EventCrowd.OpenAsync(EndPoint(web), Web.Api($"jobs/{id}/events"), readers: 0, Silent, static (_, _, _) => { }, User);
        await Await.WithinAsync(ClientsAsync(web, Silent + 1), "all clients to be there");
        await using var last = await EventListener.OpenAsync(web.Admin, $"jobs/{id}/events");
        await last.NextAsync("log"); // those before have been written to by now

        (GC.GetTotalMemory(forceFullCollection: true) - before).ShouldBeLessThan(Silent * Large / 2);
    }

    [Fact]
    public async Task Who_does_not_read_for_twenty_seconds_is_cut_off()
    {
        var clock = new ManualClock();
        await using var web = await Web.StartAsync(change: setup =>
        {
            setup.Services = services => services.AddSingleton<TimeProvider>(clock);
            setup.Host = SmallBuffers;
        });
        var id = await web.AddAsync();
        using var worker = await TestWorker.OpenAsync(web.Store, static record => record with { Names = ["greet"] });
        await LogAsync(worker, await worker.ClaimOneAsync(id));
        await using var crowd = await EventCrowd.OpenAsync(EndPoint(web), Web.Api($"jobs/{id}/events"), readers: 0, silent: 1, static (_, _, _) => { }, User);
        await Await.WithinAsync(ClientsAsync(web, 1), "the client to be there");

        await Await.AdvanceUntilAsync(clock, TimeSpan.FromSeconds(1), ClientsAsync(web, 0), "the client to be cut off");

        crowd.CutOff().ShouldBe(1);
    }

    /// <summary>The kernel takes little off the host's hands.</summary>
    private static void SmallBuffers(WebApplicationBuilder host) => host.WebHost.UseSockets(static sockets => sockets.CreateBoundListenSocket = static endpoint =>
    {
        var socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
        socket.SendBufferSize = 4 << 10;
        return socket;
    });

    private static async Task LogAsync(TestWorker worker, ClaimedRun run)
    {
        for (var i = 0; i < 10; i++)
            await worker.WriteAsync(run, static update => update with { Logs = [.. Enumerable.Range(0, 20).Select(static _ => new LogLine(DateTimeOffset.UnixEpoch, 2, new string('x', 8_000)))] });
    }

    private static async Task ClientsAsync(Web web, int count)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        while (web.Events.Clients != count)
            await timer.WaitForNextTickAsync(Cancel);
    }

    private static IPEndPoint EndPoint(Web web) => new(IPAddress.Loopback, web.Address.Port);
}
