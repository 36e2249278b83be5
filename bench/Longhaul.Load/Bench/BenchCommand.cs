using System.Globalization;
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
        if (Catalogue.Of(arguments.Store) is not { } catalogue)
            return Refuse($"'{arguments.Store}' is no store that can be measured here\n{BenchArguments.Usage}");
        if (arguments.Peers.Count > 0)
            return Refuse($"{arguments.Store} has no peers to measure beside (asked for: {string.Join(", ", arguments.Peers)}); leave --peer away, or say --peer none");
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
        foreach (var @case in catalogue.Where(c => arguments.Kinds.Count == 0 || arguments.Kinds.Any(kind => Fits(c, kind))))
        {
            var (series, others) = await run.MeasureAsync(@case);
            foreach (var s in series)
                Console.WriteLine(string.Join('\t', s.Figure, s.System, Plain(s.Median), Plain(s.Min), Plain(s.Max), s.Unit));

            results = results.With(new Measured(@case.Name, Machine.Commit(), DateOnly.FromDateTime(DateTime.UtcNow), Machine.Here(), others, series), order);
            if (arguments.Scale >= 1)
                ResultStore.Write(results); // after each, so that a broken run leaves what it has
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
