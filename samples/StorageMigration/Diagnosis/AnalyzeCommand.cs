using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using StorageMigration.Commands;
using StorageMigration.Migration;
using StorageMigration.Objects;
using StorageMigration.Transforms;
using StorageMigration.Urls;

namespace StorageMigration.Diagnosis;

/// <summary>Compares source, target and the site's texts: what is missing, orphaned, broken or there twice. Changes nothing.</summary>
internal sealed class AnalyzeCommand(SiteWork work, ObjectStores stores, IOptions<MigrationOptions> migration, IOptions<TransformOptions> transforms, TimeProvider time) : ICommand
{
    private const string ChecksumsName = "checksums";
    private const int ObjectsOfProgress = 5000;

    private readonly MigrationOptions _options = migration.Value;
    private readonly Patience _patience = new(time);

    public string Name => "migration-diag/analyze";

    public string Description => "Lists what is missing, orphaned, broken or there twice in the target";

    public IReadOnlyDictionary<string, string> Parameters { get; } = new Dictionary<string, string>(SiteWork.Parameters) { [ChecksumsName] = "1|0|true|false|yes|no" };

    public TimeSpan TimeLimit => TimeSpan.FromHours(24);

    public IReadOnlyDictionary<string, double> Phases { get; } = new Dictionary<string, double> { ["source"] = 0.2, ["target"] = 0.2, ["texts"] = 0.2, ["compare"] = 0.2, ["duplicates"] = 0.2 };

    public async Task<int> RunAsync(CommandArguments arguments, CommandOutput output, CancellationToken cancellationToken)
    {
        var readsAll = arguments.Flag(ChecksumsName);
        await using var target = stores.OpenPlace(_options.Target);
        await using var source = _options.Source.Length == 0 ? null : stores.OpenSource(_options.Source);
        if (source is null && _options.Database.Length == 0)
            throw new ArgumentException("Migration:Source or Migration:Database must be set, for there is nothing to compare the target with.", nameof(arguments));
        var keys = _options.Database.Length == 0 ? null : new TextKeys(work.Configured(), _options.Source);

        var folder = Path.Combine(Path.GetFullPath(_options.Root), "diagnosis");
        Directory.CreateDirectory(folder);
        var name = $"{time.GetUtcNow():yyyyMMddHHmmss}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(3))}";
        using var index = new ObjectIndex(Path.Combine(folder, $"work-{name}.db"));
        if (source is not null)
            await ListAsync("source", source, index.AddSource, output, cancellationToken);
        await ListAsync("target", target, index.AddTarget, output, cancellationToken);
        if (keys is not null && await ReadTextsAsync(keys, index, arguments, output, cancellationToken) is var failed and not 0)
            return failed;
        index.Complete();

        await using var report = new AnalysisReport(Path.Combine(folder, $"analysis-{name}.json"), output);
        var counts = index.Counts();
        report.Write("source", source?.Address ?? "");
        report.Write("target", target.Address);
        report.Write("objectsInSource", counts.Source);
        report.Write("objectsInTarget", counts.Target);
        report.Write("keysInTexts", counts.Texts);
        await report.WriteAsync("missing", index.Missing().ToAsyncEnumerable(), cancellationToken);
        await report.WriteAsync("orphaned", index.Orphaned().Where(finding => !IsSizeOfImage(index, finding.Key)).ToAsyncEnumerable(), cancellationToken);
        await report.WriteAsync("broken", BrokenAsync(index, source, target, readsAll, output, cancellationToken), cancellationToken);
        await report.WriteAsync("duplicated", DuplicatedAsync(index, target, output, cancellationToken), cancellationToken);
        await report.CompleteAsync(cancellationToken);
        if (source is not null && !readsAll)
            output.Line("Contents were compared by the stores' checksums, and where these differ. --checksums reads all that have none.");
        return 0;
    }

    /// <summary>A size that was made of an image belongs to it.</summary>
    private bool IsSizeOfImage(ObjectIndex index, string key) => TransformPlan.OriginalOf(key, transforms.Value.Prefix) is { } original && index.IsInTarget(original);

    private async Task ListAsync(string phase, IObjectStore store, Action<StoredObject> add, CommandOutput output, CancellationToken cancellationToken)
    {
        var count = 0L;
        await foreach (var stored in _patience.ListAsync(store, after: null, cancellationToken))
        {
            add(stored);
            if (++count % ObjectsOfProgress == 0)
                output.Progress(phase, count);
        }

        output.Progress(phase, count, count);
    }

    private Task<int> ReadTextsAsync(TextKeys keys, ObjectIndex index, CommandArguments arguments, CommandOutput output, CancellationToken cancellationToken)
        => work.WithSiteAsync(readOnly: true, output, async site =>
        {
            await foreach (var (table, row) in new SiteWalk(site, keys.Needles, SiteWork.Batch(arguments), output, time, "texts").RowsAsync(cancellationToken))
            {
                for (var i = 0; i < table.Columns.Count; i++)
                {
                    foreach (var key in row.Texts[i] is { } text ? keys.In(text) : [])
                        index.AddText(key, $"{table.Name}.{SqlName.Show(table.Columns[i].Name)}");
                }
            }

            return 0;
        }, cancellationToken);

    private async IAsyncEnumerable<Finding> BrokenAsync(ObjectIndex index, IObjectStore? source, IObjectStore target, bool readsAll, CommandOutput output,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var finding in index.WrongLengths())
            yield return finding;
        if (source is null)
            yield break;
        var read = 0L;
        foreach (var key in index.ToCompare(readsAll))
        {
            var (here, there) = (await ContentAsync(target, key, cancellationToken), await ContentAsync(source, key, cancellationToken));
            if (++read % 100 == 0)
                output.Progress("compare", read);
            if (here is not null && there is not null && here != there)
                yield return new(key, "its content differs from the source's");
        }

        output.Progress("compare", read, read);
    }

    private async IAsyncEnumerable<Finding> DuplicatedAsync(ObjectIndex index, IObjectStore target, CommandOutput output,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var read = 0L;
        foreach (var key in index.ToIdentify())
        {
            if (await ContentAsync(target, key, cancellationToken) is { } content)
                index.SetContent(key, content);
            if (++read % 100 == 0)
                output.Progress("duplicates", read);
        }

        output.Progress("duplicates", read, read);
        foreach (var (first, other, length) in index.Duplicated())
            yield return new(other, $"has the content of {first} ({length} bytes)");
    }

    /// <summary>Names a content; null: the object has gone meanwhile.</summary>
    private Task<string?> ContentAsync(IObjectStore store, string key, CancellationToken cancellationToken)
        => _patience.RunAsync(() => ReadAsync(store, key, cancellationToken), cancellationToken);

    private static async Task<string?> ReadAsync(IObjectStore store, string key, CancellationToken cancellationToken)
    {
        if (await store.FindAsync(key, cancellationToken) is not { } stored)
            return null;
        await using var content = await store.OpenAsync(stored, 0, cancellationToken);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(content, cancellationToken));
    }
}
