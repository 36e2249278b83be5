using System.Diagnostics;
using System.Text.Json.Nodes;
using Longhaul.Load.Bench.Kinds;
using Longhaul.Load.Bench.Postgres;

namespace Longhaul.Load.Bench.Peers;

/// <summary>A queue to measure beside.</summary>
/// <param name="Name">As people type it.</param>
/// <param name="Script">What runs it, in <c>bench/peers</c>; null: this program does.</param>
/// <param name="Share">How much it is given to do of what Longhaul is: a rate is a rate, and nobody wants to wait.</param>
/// <param name="Left">A question to the database: whether anything is left to do.</param>
internal sealed record Peer(string Name, string? Script, double Share, string Left)
{
    public static IReadOnlyList<Peer> All { get; } =
    [
        new("graphile-worker", "graphile-worker.mjs", 1, "SELECT EXISTS (SELECT FROM graphile_worker._private_jobs)"),
        new("pg-boss", "pg-boss.mjs", 1, "SELECT EXISTS (SELECT FROM pgboss.job WHERE state < 'completed')"),
        new(QuartzPeer.Name, null, 0.01, "SELECT EXISTS (SELECT FROM qrtz_triggers)"),
    ];

    /// <summary>Puts the peers beside Longhaul in those kinds that they can do.</summary>
    public static Case Beside(Case @case, PostgresGround ground, IReadOnlyList<Peer> peers) => @case with
    {
        Contenders = [.. @case.Contenders, .. peers.Select(peer => Contender(@case, peer, ground)).OfType<Contender>()],
    };

    private static Contender? Contender(Case @case, Peer peer, PostgresGround ground) => (@case.Kind, @case.Mode) switch
    {
        ("enqueue-one" or "enqueue-concurrent", null) => peer.Of(@case, ground, peer.EnqueueForAsync),
        ("enqueue-many", null) => peer.Of(@case, ground, (name, effort, database) => peer.AfterAsync(name, database, "enqueue-many", effort.Count((int)(EnqueueKinds.Many * peer.Share)))),
        ("drain", null) => peer.Of(@case, ground, (name, effort, database) => peer.DrainAsync(name, database, effort.Count((int)(DrainKinds.Jobs * peer.Share)), 0)),
        ("backlog", "alone") => peer.Of(@case, ground, (name, effort, database) => peer.DrainAsync(name, database, effort.Count((int)(BacklogKind.Jobs * peer.Share)), 0)),
        ("backlog", "million") => peer.Of(@case, ground, (name, effort, database)
            => peer.DrainAsync(name, database, effort.Count((int)(BacklogKind.Jobs * peer.Share)), effort.Count((int)(BacklogKind.Million * peer.Share)))),
        ("pickup", "outside") => peer.Of(@case, ground, peer.PickUpAsync),
        (HeldKind.Name, null) => peer.Of(@case, ground, peer.HeldAsync),
        ("workers", { } workers) => peer.Of(@case, ground, (name, effort, database) => peer.WorkAsync(name, effort, database, int.Parse(workers, System.Globalization.CultureInfo.InvariantCulture))),
        _ => null,
    };

    private Contender Of(Case @case, PostgresGround ground, Func<string, Effort, PostgresDatabase, Task<IReadOnlyList<Figure>>> measure) => new(Name, async effort =>
    {
        using var database = ground.CreateDatabase();
        return await measure(@case.Name, effort, database);
    });

    private async Task<IReadOnlyList<Figure>> EnqueueForAsync(string kind, Effort effort, PostgresDatabase database)
    {
        await using var process = await PeerProcess.StartAsync(this, database);
        return Figures(kind, await process.DoAsync(kind, ("seconds", effort.Time(EnqueueKinds.Seconds).TotalSeconds), ("callers", EnqueueKinds.Callers)));
    }

    private async Task<IReadOnlyList<Figure>> AfterAsync(string name, PostgresDatabase database, string verb, int count)
    {
        await using var process = await PeerProcess.StartAsync(this, database);
        return Figures(name, await process.DoAsync(verb, ("count", count)));
    }

    private async Task<IReadOnlyList<Figure>> DrainAsync(string name, PostgresDatabase database, int count, int more)
    {
        await FillAsync(database, count + more);
        return await AfterAsync(name, database, "drain", count);
    }

    private async Task<IReadOnlyList<Figure>> HeldAsync(string name, Effort effort, PostgresDatabase database)
    {
        var count = effort.Count((int)(HeldKind.Jobs * Share));
        await FillAsync(database, count);
        using var holder = database.Hold();
        await using var process = await PeerProcess.StartAsync(this, database);
        var answer = await process.DoAsync("drain", ("count", count));
        return [.. Figures(name, answer), new($"{name}-last", Number(answer, "lastRate"), "jobs/s")];
    }

    private async Task<IReadOnlyList<Figure>> PickUpAsync(string name, Effort effort, PostgresDatabase database)
    {
        var count = PickupKind.Count(effort);
        await using var producer = await PeerProcess.StartAsync(this, database);
        await using var consumer = await PeerProcess.StartAsync(this, database);
        await consumer.DoAsync("consume", ("count", count));
        await producer.DoAsync("produce", ("count", count), ("pause", PickupKind.Pause.TotalMilliseconds));
        var answer = await consumer.HearAsync("consume");
        return PickupKind.Figures(name, [.. answer["pickUps"]!.AsArray().Select(static n => n!.GetValue<double>())]);
    }

    /// <summary>Several processes: until nothing is left.</summary>
    private async Task<IReadOnlyList<Figure>> WorkAsync(string name, Effort effort, PostgresDatabase database, int workers)
    {
        var count = effort.Count((int)(WorkersKind.Jobs * Share));
        await FillAsync(database, count);
        List<PeerProcess> processes = [];
        try
        {
            for (var i = 0; i < workers; i++)
                processes.Add(await PeerProcess.StartAsync(this, database));
            var began = Stopwatch.GetTimestamp();
            foreach (var process in processes)
                await process.TellAsync("work");
            while (database.Is(Left))
                await Task.Delay(20);
            return [new(name, count / Stopwatch.GetElapsedTime(began).TotalSeconds, "jobs/s")];
        }
        finally
        {
            foreach (var process in processes)
                await process.DisposeAsync();
        }
    }

    private async Task FillAsync(PostgresDatabase database, int count)
    {
        await using (var filler = await PeerProcess.StartAsync(this, database))
            await filler.DoAsync("enqueue-many", ("count", count));
        database.Settle();
    }

    private static Figure[] Figures(string name, JsonNode answer) =>
    [
        new(name, Number(answer, "count") / Number(answer, "seconds"), "jobs/s"),
        new($"{name}-cpu", Number(answer, "cpu") * 1e6 / Number(answer, "count"), "µs/job"),
    ];

    private static double Number(JsonNode answer, string name) => answer[name]!.GetValue<double>();
}
