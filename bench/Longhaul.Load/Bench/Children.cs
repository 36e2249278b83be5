using System.Globalization;
using Longhaul.Load.Bench.Kinds;
using Longhaul.Load.Bench.Peers;
using Longhaul.Load.Bench.Subjects;

namespace Longhaul.Load.Bench;

/// <summary>What this program does as a second process of a benchmark.</summary>
internal static class Children
{
    public const string Enqueue = "enqueue";
    public const string Work = "work";
    public const string Ready = "ready";
    public const string Go = "go";
    public const string Started = "started";
    public const string Stop = "stop";

    public static async Task<int> RunAsync(string[] task)
    {
        switch (task)
        {
            case [Enqueue, var driver, var synchronous, var database, var count]:
                await EnqueueAsync(new StoreUnderTest(driver, synchronous), database, int.Parse(count, CultureInfo.InvariantCulture));
                return 0;
            case [Work, var driver, var synchronous, var database]:
                await WorkAsync(new StoreUnderTest(driver, synchronous), database);
                return 0;
            case [QuartzPeer.Name, var connection]:
                return await QuartzPeer.RunAsync(connection);
            default:
                await Console.Error.WriteLineAsync("a child process must be told what to do");
                return 2;
        }
    }

    private static async Task EnqueueAsync(StoreUnderTest store, string database, int count)
    {
        await using var host = LonghaulHost.Client(store, database);
        await host.StoreAsync();
        await BeginAsync();
        await PickupKind.EnqueueAsync(host.Jobs, count);
    }

    private static async Task WorkAsync(StoreUnderTest store, string database)
    {
        await using var host = LonghaulHost.Worker(store, database, Drains.ForShortJobs);
        await host.StoreAsync();
        await BeginAsync();
        await host.StartAsync();
        Console.WriteLine(Started);
        await HearAsync(Stop);
    }

    private static async Task BeginAsync()
    {
        Console.WriteLine(Ready);
        await HearAsync(Go);
    }

    private static async Task HearAsync(string expected)
    {
        if (await Console.In.ReadLineAsync() is var line && line != expected)
            throw new InvalidOperationException($"The parent should have said '{expected}', but said '{line ?? "nothing more"}'.");
    }
}
