using System.Globalization;
using System.Text.Json.Nodes;
using Longhaul.Proof;
using Longhaul.Servers;

namespace Longhaul.Load.Campaigns;

/// <summary>One slice of the crash campaign, as it is remembered.</summary>
internal sealed record CrashFigures
{
    public required int Seed { get; init; }

    public required IReadOnlyDictionary<string, int> KillsByPoint { get; init; }

    public required int Enqueued { get; init; }

    public required int Completed { get; init; }

    public required double Seconds { get; init; }

    public required IReadOnlyList<SliceCheck> Checks { get; init; }

    /// <summary>How long each time until work went on, after the server was back; milliseconds.</summary>
    public IReadOnlyList<double> BackToWork { get; init; } = [];

    /// <summary>Of processes: a session that is ended is none.</summary>
    public int Kills => KillsByPoint.Where(static p => !CrashSlice.Sessions.Any(s => s.Point == p.Key)).Sum(static p => p.Value);
}

/// <summary>What one check found in one slice.</summary>
internal sealed record SliceCheck(string Id, string Promise, long Exercised, IReadOnlyList<string> Violations, IReadOnlyDictionary<string, double> Figures, IReadOnlyDictionary<string, IReadOnlyList<double>> Samples);

/// <summary><c>./campaign crash</c>: slices of 50 kills, each a store of its own that is healed, drained and checked.</summary>
internal static class CrashCampaign
{
    private const int KillsInASlice = 50;

    /// <summary>Work is to go on so soon after the store's server is back.</summary>
    private const double BackToWorkLimit = 5_000;

    /// <summary>A hundredth of all takeovers is some; of one slice's two hundred it is one unlucky kill, of who was about to take over. So they are judged together.</summary>
    private static readonly TimeSpan Takeover = new CheckLimits().Takeover;

    /// <summary>How often each promise must have been tried in 500 kills, to count as held.</summary>
    private static readonly Dictionary<string, long> Floors = new()
    {
        ["I1"] = 2_000,
        ["I2"] = 40,
        ["I3"] = 2_000,
        ["I4"] = 1_000,
        ["I5"] = 500,
        ["I6"] = 10,
        ["I8"] = 2_000,
        ["I9"] = 200,
        ["I10"] = 200,
        ["I11"] = 200,
        ["I23"] = 20,
        ["I24"] = 100,
        ["I25"] = 15,
        ["I26"] = 300,
        ["I27"] = 300,
        ["I28"] = 200,
        ["I29"] = 500,
        ["I30"] = 2_000,
        ["I36"] = 2_000,
    };

    /// <summary>After its start a server is believed for a lease before anybody is declared dead, and while it is away nothing is taken over or told.</summary>
    private static CheckLimits BesideServerKills { get; } = new()
    {
        Takeover = TimeSpan.FromMinutes(2),
        Drain = TimeSpan.FromMinutes(3),
        Repeated = TimeSpan.FromSeconds(15),
        ZombieWindow = TimeSpan.FromSeconds(10),
    };

    public static async Task<CampaignOutcome> RunAsync(CampaignArguments arguments)
    {
        var kills = arguments.Number("kills", 500);
        var state = CampaignState<CrashFigures>.Load(arguments, kills);
        var began = TimeProvider.System.GetTimestamp();
        while (state.Slices.Sum(static s => s.Kills) < kills)
        {
            if (state.Slices.Count > 0 && arguments.Minutes is { } limit && TimeProvider.System.GetElapsedTime(began) > limit)
                return Sum(arguments, state, kills) with { Finished = false };
            var left = kills - state.Slices.Sum(static s => s.Kills);
            state.Slices.Add(await SliceAsync(arguments, state.Seed + state.Slices.Count, Math.Min(left, KillsInASlice), kills - left, kills));
            state.Save(arguments);
        }

        CampaignState<CrashFigures>.Forget(arguments);
        return Sum(arguments, state, kills);
    }

    /// <summary>On a server its sessions are ended in every slice, and it is killed in every other one: takeovers are timed in those that it lives through.</summary>
    private static async Task<CrashFigures> SliceAsync(CampaignArguments arguments, int seed, int kills, int before, int all)
    {
        var began = TimeProvider.System.GetTimestamp();
        await using var server = arguments.Store == CampaignArguments.Postgres ? await PostgresServer.StartAsync(durable: true) : null;
        await using var stage = await Stage.OpenAsync(server);
        var killsServer = server is not null && before / KillsInASlice % 2 == 1;
        var plan = new CrashPlan
        {
            Seed = seed,
            Kills = kills,
            EndsSessions = server is not null,
            KillsServer = killsServer,
            RareReach = TimeSpan.FromSeconds(40),
            Drain = killsServer ? TimeSpan.FromMinutes(4) : TimeSpan.FromMinutes(2),
            Progress = n => Tell($"{before + n} of {all} kills"),
        };
        var result = await new CrashSlice(stage, plan).RunAsync();
        var checks = AllChecks.Run(result.History, killsServer ? BesideServerKills : new CheckLimits { Takeover = BesideServerKills.Takeover });
        stage.KeepFolder = checks.Any(static c => c.Verdict == Verdict.Violated);
        if (stage.KeepFolder)
            await Console.Error.WriteLineAsync($"seed {seed}: the histories are kept in {stage.Folder}");
        return new CrashFigures
        {
            Seed = seed,
            KillsByPoint = result.KillsByPoint,
            Enqueued = result.Enqueued,
            Completed = result.Completed,
            Seconds = TimeProvider.System.GetElapsedTime(began).TotalSeconds,
            BackToWork = result.BackToWork,
            Checks = [.. checks.Select(static c => new SliceCheck(c.Id, c.Promise, c.Exercised, c.Violations, c.Figures, c.Samples))],
        };
    }

    private static CampaignOutcome Sum(CampaignArguments arguments, CampaignState<CrashFigures> state, int wanted)
    {
        var onServer = arguments.Store == CampaignArguments.Postgres;
        var slices = state.Slices;
        var kills = slices.Sum(static s => s.Kills);
        var checks = slices.SelectMany(static s => s.Checks.Select(c => (s.Seed, Check: c))).GroupBy(static c => c.Check.Id).ToList();
        long Floor(string id) => Floors.GetValueOrDefault(id) * wanted / 500;
        double SumOf(string figure) => slices.Sum(s => s.Checks.Sum(c => c.Figures.GetValueOrDefault(figure)));
        List<double> Samples(string name) => [.. slices.SelectMany(static s => s.Checks).SelectMany(c => c.Samples.GetValueOrDefault(name) ?? []).Order()];
        int Broken(string id) => checks.Where(c => c.Key == id).Sum(static c => c.Sum(static s => s.Check.Violations.Count));

        var (resume, repeated) = (Samples("resumeMs"), Samples("repeatedMs"));
        var backToWork = slices.SelectMany(static s => s.BackToWork).Order().ToList();
        var late = backToWork.Where(static ms => ms > BackToWorkLimit).Select(static ms => $"work went on {ms:0} ms after the server was back");
        var slow = At(resume, 0.99) is { } p99 && p99 > Takeover.TotalMilliseconds ? [$"after a kill the next run started after {p99} ms (99th percentile of {resume.Count})"] : (string[])[];
        var points = (onServer ? [.. CrashSlice.ServerPoints, .. CrashSlice.Sessions.Select(static s => s.Point)] : CrashSlice.WorkerPoints).Append("thawed").ToDictionary(static p => p, p => slices.Sum(s => s.KillsByPoint.GetValueOrDefault(p)));
        var unknown = checks.Where(c => c.Sum(static s => s.Check.Exercised) < Floor(c.Key)).Select(c => $"{c.Key} was tried {c.Sum(static s => s.Check.Exercised)} times of {Floor(c.Key)}: {c.First().Check.Promise}")
            .Concat(points.Where(p => p.Value < wanted / 50).Select(static p => $"the point {p.Key} was reached {p.Value} times"));
        return new CampaignOutcome
        {
            What = $"{kills} kills of worker processes at named points and at any moment{(onServer ? ", and of the server itself (in every other slice), while sessions of the server are ended" : "")}, in {slices.Count} slices (seeds {state.Seed} to {state.Seed + slices.Count - 1}), beside producers that are killed too, an operator, and a worker that is frozen for three leases again and again. After each slice everything is healed, drained, read out and checked.",
            Broken = [.. late, .. slow, .. checks.SelectMany(static c => c.SelectMany(static s => s.Check.Violations.Select(v => $"{s.Check.Id} (seed {s.Seed}): {v}")))],
            Unknown = [.. unknown],
            Figures = new JsonObject
            {
                ["kills"] = kills,
                ["enqueued"] = slices.Sum(static s => s.Enqueued),
                ["completed"] = slices.Sum(static s => s.Completed),
                ["lost"] = Broken("I1"),
                ["doubled"] = Broken("I2"),
                ["orphans"] = Broken("I36"),
                ["staleTried"] = SumOf("staleTried"),
                ["staleAccepted"] = SumOf("staleAccepted"),
                ["resumeMs"] = new JsonObject { ["p50"] = At(resume, 0.5), ["p99"] = At(resume, 0.99) },
                ["repeatedMs"] = new JsonObject { ["p50"] = At(repeated, 0.5), ["max"] = At(repeated, 1) },
                ["serverKills"] = slices.Sum(static s => s.KillsByPoint.GetValueOrDefault(CrashSlice.Server)),
                ["backToWorkMs"] = new JsonObject { ["p50"] = At(backToWork, 0.5), ["max"] = At(backToWork, 1) },
                ["seed"] = state.Seed,
                ["seconds"] = Math.Round(slices.Sum(static s => s.Seconds)),
            },
            Tables =
            [
                ("Promises", [["", "promise", "tried", "broken"], .. checks.Select(static c => new[] { c.Key, c.First().Check.Promise, Count(c.Sum(static s => s.Check.Exercised)), Count(c.Sum(static s => s.Check.Violations.Count)) })]),
                ("Kills by point", [["point", "kills"], .. points.Select(static p => new[] { p.Key, Count(p.Value) })]),
            ],
        };
    }

    internal static double? At(List<double> sorted, double share) => sorted.Count == 0 ? null : Math.Round(sorted[Math.Max(0, (int)Math.Ceiling(share * sorted.Count) - 1)], 1);

    internal static string Count(long number) => number.ToString(CultureInfo.InvariantCulture);

    internal static void Tell(string what)
    {
        if (!Console.IsErrorRedirected)
            Console.Error.WriteLine(what);
    }
}
