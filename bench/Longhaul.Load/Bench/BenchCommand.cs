using System.Globalization;
using Longhaul.Load.Bench.Peers;
using Longhaul.Load.Bench.Postgres;
using Longhaul.Load.Bench.Report;

namespace Longhaul.Load.Bench;

/// <summary><c>bench/run</c>: measures what it is asked for, prints a line each figure, and keeps the results.</summary>
internal static class BenchCommand
{
    private const int Done = 0;
    private const int Failed = 1;
    private const int WrongUse = 2;

    public static async Task<int> RunAsync(string[] words)
    {
        if (words is [ChildProcess.Verb, .. var task])
            return await Children.RunAsync(task);

        if (BenchArguments.Read(words, out var problem) is not { } arguments)
            return Refuse($"{problem}\n{BenchArguments.Usage}");
        IReadOnlyList<Peer> peers = arguments.Store == "postgres" ? Peer.All : [];
        if (arguments.Peers?.FirstOrDefault(name => peers.All(p => p.Name != name)) is { } stranger)
        {
            return Refuse($"{arguments.Store} has no peer '{stranger}' to measure beside; it has: {(peers.Count == 0 ? "none" : string.Join(' ', peers.Select(static p => p.Name)))}. " +
                "Leave --peer away for all, or say --peer none");
        }

        await using var ground = new PostgresGround();
        if (Catalogue.Of(arguments.Store, ground, [.. peers.Where(p => arguments.Peers?.Contains(p.Name) ?? true)]) is not { } catalogue)
            return Refuse($"'{arguments.Store}' is no store that can be measured here\n{BenchArguments.Usage}");
        if (arguments.Kinds.FirstOrDefault(kind => !catalogue.Any(c => Fits(c, kind))) is { } unknown)
            return Refuse($"{arguments.Store} has no kind '{unknown}'; it has: {string.Join(' ', catalogue.Select(static c => c.Name))}");

        try
        {
            return await MeasureAsync(arguments, catalogue);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            await Console.Error.WriteLineAsync($"the benchmark did not come to its end: {e}");
            return Failed;
        }
    }

    private static async Task<int> MeasureAsync(BenchArguments arguments, IReadOnlyList<Case> catalogue)
    {
        var run = new BenchRun(arguments.Runs, arguments.Scale, Tell);
        var order = catalogue.Select(static c => c.Name).ToList();
        var results = ResultStore.Read(arguments.Store);
        var designs = ResultStore.Read($"{arguments.Store}-{Catalogue.Designs}");
        foreach (var @case in catalogue.Where(c => arguments.Kinds.Count == 0 ? c.Kind != Catalogue.Designs : arguments.Kinds.Any(kind => Fits(c, kind))))
        {
            var (series, others) = await run.MeasureAsync(arguments.Only.Count == 0 ? @case : @case with { Contenders = [.. @case.Contenders.Where(c => arguments.Only.Contains(c.System))] });
            foreach (var s in series)
                Console.WriteLine(string.Join('\t', s.Figure, s.System, Plain(s.Median), Plain(s.Min), Plain(s.Max), s.Unit));

            var measured = new Measured(@case.Name, Machine.Commit(), DateOnly.FromDateTime(DateTime.UtcNow), Machine.Here(), others, series);
            ref var kept = ref @case.Kind == Catalogue.Designs ? ref designs : ref results;
            kept = kept.With(measured, order);
            if (arguments.Scale >= 1 && arguments.Only.Count == 0)
                ResultStore.Write(kept); // after each, so that a broken run leaves what it has
        }

        if (arguments.Json)
            Console.WriteLine(ResultStore.Json(results, indented: false));
        return Done;
    }

    private static bool Fits(Case @case, string asked) => asked == @case.Kind || asked == @case.Name;

    private static string Plain(double value) => Numbers.Text(value, grouped: false).ToString(CultureInfo.InvariantCulture);

    /// <summary>Progress, for a person who looks on.</summary>
    private static void Tell(string what)
    {
        if (!Console.IsErrorRedirected)
            Console.Error.WriteLine(what);
    }

    private static int Refuse(string text)
    {
        Console.Error.WriteLine(text);
        return WrongUse;
    }
}
