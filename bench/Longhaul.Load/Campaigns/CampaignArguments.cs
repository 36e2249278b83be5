using System.Globalization;

namespace Longhaul.Load.Campaigns;

/// <summary>What was asked for: a name, and options that are all numbers but the store.</summary>
internal sealed record CampaignArguments(string Name, string Store, bool Json, IReadOnlyDictionary<string, int> Numbers)
{
    public const string Usage = """
        usage: ./campaign NAME [--store sqlite|postgres] [--seed X] [--minutes M] [--json] [sizes]
          crash  [--kills 500]                 real processes killed at named points and at any moment
          transactions [--rows 50000] [--kills 30]   a loop whose rows and place commit together (postgres)
          takeover [--kills 100]               a worker is killed that nobody can see but by the server (postgres)
          crowd  [--callers 1000] [--workers 200]   all at once (postgres)
          photos [--photos 2000] [--kills 20]  the photo ingest with its worker killed
          soak   [--jobs 100000] [--minutes 10]
          model  [--sequences 2000]            generated sequences on the stores and the model
          events [--clients 1000]              live events, half of whose clients never read
          pages  [--finished 1000000] [--pending 100000]   every list of the API, while workers run
          process [--kills 500]                programs as jobs, whose workers are killed: no process is left behind
          migration [--objects 20000] [--kills 20] [--stops 5]   a migration between buckets, its worker and the S3 server killed
          url    [--rows 1000000] [--kills 20]   addresses replaced in a site's texts, its process killed
          tree   [--files 200000] [--kills 20]   a tree copied, its worker killed; its speed and limits
          stream [--lines 300000] [--rounds 20]   a command's output read as it comes
          bugs   [--seeds 50]                  planted bugs, and as many simulations without one
        """;

    public const string Postgres = "postgres";
    private const string Sqlite = "sqlite";

    /// <summary>Where a campaign is not for SQLite alone.</summary>
    private static readonly Dictionary<string, string[]> OnPostgres = new() { ["crash"] = [Sqlite, Postgres], ["transactions"] = [Postgres], ["takeover"] = [Postgres], ["crowd"] = [Postgres], ["events"] = [Sqlite, Postgres], ["pages"] = [Sqlite, Postgres], ["url"] = [Sqlite, Postgres], ["model"] = [Sqlite, Postgres] };

    private static readonly string[] NumberOptions = ["kills", "photos", "jobs", "minutes", "rows", "callers", "workers", "seed", "sequences", "seeds", "clients", "finished", "pending", "objects", "stops", "files", "lines", "rounds"];

    /// <summary>A number that was given, or the default.</summary>
    public int Number(string option, int otherwise) => Numbers.GetValueOrDefault(option, otherwise);

    /// <summary>The time after which no further slice is begun; null: none.</summary>
    public TimeSpan? Minutes => Numbers.TryGetValue("minutes", out var minutes) ? TimeSpan.FromMinutes(minutes) : null;

    public int? Seed => Numbers.TryGetValue("seed", out var seed) ? seed : null;

    /// <returns>Null: wrong use, and <paramref name="problem"/> says what.</returns>
    public static CampaignArguments? Read(string[] words, out string problem)
    {
        problem = "";
        if (words is not [var name, .. var rest] || name.StartsWith('-'))
        {
            problem = "a campaign needs a name";
            return null;
        }

        var (store, json, numbers) = (OnPostgres.GetValueOrDefault(name)?[0] ?? Sqlite, false, new Dictionary<string, int>());
        for (var i = 0; i < rest.Length; i++)
        {
            var option = rest[i].TrimStart('-');
            if (rest[i] == "--json")
            {
                json = true;
            }
            else if (rest[i] == "--store" && i + 1 < rest.Length)
            {
                store = rest[++i];
            }
            else if (rest[i].StartsWith("--", StringComparison.Ordinal) && NumberOptions.Contains(option) && i + 1 < rest.Length
                && int.TryParse(rest[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0)
            {
                numbers[option] = number;
                i++;
            }
            else
            {
                problem = $"'{rest[i]}' is not understood, or its number is missing";
                return null;
            }
        }

        var stores = OnPostgres.GetValueOrDefault(name) ?? [Sqlite];
        if (!stores.Contains(store))
            problem = $"the store of '{name}' must be {string.Join(" or ", stores)}, but was '{store}'";
        return problem.Length > 0 ? null : new CampaignArguments(name, store, json, numbers);
    }
}
