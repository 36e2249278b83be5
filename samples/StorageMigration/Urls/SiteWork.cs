using System.Data.Common;
using System.Globalization;
using Microsoft.Extensions.Options;
using StorageMigration.Commands;

namespace StorageMigration.Urls;

/// <summary>What the commands on a site's texts have in common: which database, which addresses, how they end.</summary>
internal sealed class SiteWork(IOptions<MigrationOptions> options, TimeProvider time)
{
    public const string BatchName = "batch";
    public const string FromName = "from";
    public const string ToName = "to";

    /// <summary>How long a command may run as a job.</summary>
    public static readonly TimeSpan TimeLimit = TimeSpan.FromHours(24);

    /// <summary>For commands that replace what the configuration names.</summary>
    public static readonly IReadOnlyDictionary<string, string> Parameters = new Dictionary<string, string> { [BatchName] = "[1-9][0-9]{0,5}" };

    /// <summary>For commands that replace whatever they are told.</summary>
    public static readonly IReadOnlyDictionary<string, string> MappedParameters = new Dictionary<string, string>(Parameters)
    {
        [FromName] = """https?://[^\s"'<>\\]+""",
        [ToName] = """https?://[^\s"'<>\\]+""",
    };

    /// <summary>None by name: each table is one, and the counts are of all rows.</summary>
    public static readonly IReadOnlyDictionary<string, double> Phases = new Dictionary<string, double>();

    private const int DefaultBatch = 5000;

    private readonly MigrationOptions _options = options.Value;

    /// <summary>What the configuration says is replaced by what.</summary>
    public AddressMapping Configured() => AddressMapping.Read(_options.SourceAddress, _options.TargetAddress, "Migration:SourceAddress", "Migration:TargetAddress");

    /// <summary>What the arguments say, else the configuration; with every form of the address.</summary>
    public (AddressMapping Mapping, IReadOnlyList<AddressForm> Forms) Mapped(CommandArguments arguments)
    {
        var (from, to) = (arguments.Find(FromName), arguments.Find(ToName));
        if (from is null && to is null)
            return (Configured(), EveryForm(Configured()));
        var mapping = AddressMapping.Read(from ?? _options.SourceAddress, to ?? _options.TargetAddress, from is null ? "Migration:SourceAddress" : "--from", to is null ? "Migration:TargetAddress" : "--to");
        return (mapping, AddressForms.Every(mapping));
    }

    /// <summary>Every form of the source's address.</summary>
    public IReadOnlyList<AddressForm> EveryForm(AddressMapping configured) => AddressForms.Every(configured, _options.Source);

    /// <summary>Replaces, or tells what would be replaced.</summary>
    /// <param name="command">The command's name: its runs are its own.</param>
    /// <param name="mapping">What it replaces.</param>
    /// <param name="rewriter">How.</param>
    /// <param name="arguments">What it was called with.</param>
    /// <param name="output">Where it tells.</param>
    /// <param name="cancellationToken">Ends it after the batch.</param>
    /// <returns>The exit code: 0 when no row holds an address any more that it looked for.</returns>
    public async Task<int> ReplaceAsync(string command, AddressMapping mapping, ColumnRewriter rewriter, CommandArguments arguments, CommandOutput output, CancellationToken cancellationToken)
    {
        if (arguments.DryRun)
            return await ShowAsync("would change", showsAfter: true, rewriter, arguments, output, cancellationToken);
        var batch = Batch(arguments);
        return await WithSiteAsync(readOnly: false, output, async site =>
        {
            var left = await new Replacement(site, rewriter, batch, output, time).RunAsync(command, mapping, arguments.Cursor, cancellationToken);
            return left == 0 ? 0 : 1;
        }, cancellationToken);
    }

    /// <summary>Tells where addresses are.</summary>
    public Task<int> ShowAsync(string verb, bool showsAfter, ColumnRewriter rewriter, CommandArguments arguments, CommandOutput output, CancellationToken cancellationToken)
    {
        var batch = Batch(arguments);
        return WithSiteAsync(readOnly: true, output, async site =>
        {
            var findings = new Findings(output);
            var walk = new SiteWalk(site, rewriter.Needles, batch, output, time);
            var (rows, left) = (0L, 0L);
            await foreach (var (table, row) in walk.RowsAsync(cancellationToken))
            {
                var (changes, stays) = (false, false);
                foreach (var (column, text, rewrite) in RowRewrites.Of(rewriter, table, row))
                {
                    var isChange = rewrite.Text is not null || !showsAfter;
                    (changes, stays) = (changes | isChange, stays | (showsAfter && rewrite.LeftBecause is not null));
                    if (isChange)
                        findings.Add(table, table.Columns[column], row.Key, text, rewrite);
                    if (showsAfter && rewrite.LeftBecause is { } reason)
                        findings.Leave(table, row.Key, table.Columns[column].Name, reason);
                }

                (rows, left) = (rows + (changes ? 1 : 0), left + (stays ? 1 : 0));
            }

            findings.Tell(verb, showsAfter);
            output.Line($"{(showsAfter ? "Would change" : "Addresses are in")} {rows} rows. {left + walk.Skipped} rows {(showsAfter ? "would hold an address still" : "more are in tables that cannot be walked")}. Nothing was changed.");
            return 0;
        }, cancellationToken);
    }

    /// <summary>Goes through all rows of the site's database that hold an address.</summary>
    public Task<int> WithSiteAsync(bool readOnly, CommandOutput output, Func<ISiteDatabase, Task<int>> work, CancellationToken cancellationToken)
        => WithSiteAsync(_options.Database, readOnly, output, work, cancellationToken);

    private static async Task<int> WithSiteAsync(string address, bool readOnly, CommandOutput output, Func<ISiteDatabase, Task<int>> work, CancellationToken cancellationToken)
    {
        try
        {
            await using var site = await SiteDatabases.OpenAsync(address, readOnly, cancellationToken);
            return await work(site);
        }
        catch (DbException e)
        {
            // What was committed stays, and the next run goes on behind it.
            output.Line($"FAILED: the site's database said: {e.Message}");
            return 1;
        }
        catch (InvalidOperationException e)
        {
            output.Line($"FAILED: {e.Message}");
            return 1;
        }
    }

    public static int Batch(CommandArguments arguments)
    {
        if (arguments.Find(BatchName) is not { } text)
            return DefaultBatch;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var rows) && rows is >= 1 and <= 100_000
            ? rows : throw new ArgumentException($"--{BatchName} must be a number of rows from 1 to 100000, but was '{text}'.", nameof(arguments));
    }
}
