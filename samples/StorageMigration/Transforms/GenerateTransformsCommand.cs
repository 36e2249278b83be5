using Microsoft.Extensions.Options;
using StorageMigration.Commands;
using StorageMigration.Migration;
using StorageMigration.Objects;

namespace StorageMigration.Transforms;

/// <summary>Makes sizes of the target's images before anybody asks for them. What is there and newer than its image is left.</summary>
internal sealed class GenerateTransformsCommand(ImageSizes sizes, ObjectStores stores, IOptions<MigrationOptions> migration, IOptions<TransformOptions> transforms, TimeProvider time) : ICommand
{
    private const string SizesName = "sizes";
    private const string FormatsName = "formats";
    private const int MostLines = 50;

    private readonly Patience _patience = new(time);

    public string Name => "transform-pre-generation/generate";

    public string Description => "Makes sizes of the target's images";

    public IReadOnlyDictionary<string, string> Parameters { get; } = new Dictionary<string, string> { [SizesName] = TransformPlan.SizesPattern, [FormatsName] = TransformPlan.FormatsPattern };

    public TimeSpan TimeLimit => TimeSpan.FromHours(24);

    public IReadOnlyDictionary<string, double> Phases { get; } = new Dictionary<string, double> { ["list"] = 0.05, ["generate"] = 0.95 };

    public async Task<int> RunAsync(CommandArguments arguments, CommandOutput output, CancellationToken cancellationToken)
    {
        var plan = new TransformPlan(arguments.Find(SizesName) ?? transforms.Value.Sizes, arguments.Find(FormatsName) ?? transforms.Value.Formats, transforms.Value.Prefix);
        await using var store = stores.OpenPlace(migration.Value.Target);
        var (total, done) = await CountAsync(store, plan, arguments.Cursor, output, cancellationToken);
        output.Line($"{total} images in {store.Address}");

        var run = new Run(store, _patience, plan, sizes, output, arguments.DryRun);
        var atOnce = Math.Clamp(migration.Value.Parallelism, 1, Environment.ProcessorCount);
        var told = time.GetTimestamp();

        // Images are taken in small groups: where one has ended, all before it have, and the listing can begin there again.
        await foreach (var group in ImagesAsync(store, plan, arguments.Cursor, cancellationToken).Chunk(4 * atOnce).WithCancellation(cancellationToken))
        {
            await Parallel.ForEachAsync(group, new ParallelOptions { MaxDegreeOfParallelism = atOnce, CancellationToken = cancellationToken }, run.TakeAsync);
            done += group.Length;
            output.Progress("generate", done, Math.Max(done, total), group[^1].Place, $"{run.Made} made, {run.Skipped} images were up to date, {run.Failed} cannot be read");
        }

        output.Line($"{(arguments.DryRun ? "Would make" : "Made")} {run.Made} sizes in {time.GetElapsedTime(told).TotalSeconds:0} s; {run.Skipped} images were up to date, {run.Failed} cannot be read.");
        return run.Failed > 0 && run.Good == 0 ? 1 : 0;
    }

    private async Task<(long Total, long Done)> CountAsync(IObjectStore store, TransformPlan plan, string? cursor, CommandOutput output, CancellationToken cancellationToken)
    {
        var (total, done) = (0L, 0L);
        await foreach (var image in ImagesAsync(store, plan, after: null, cancellationToken))
        {
            total++;
            if (image.Place == cursor)
                done = total;
            if (total % 10_000 == 0)
                output.Progress("list", total);
        }

        output.Progress("list", total, total);
        return (total, done);
    }

    private IAsyncEnumerable<StoredObject> ImagesAsync(IObjectStore store, TransformPlan plan, string? after, CancellationToken cancellationToken)
        => _patience.ListAsync(store, after, cancellationToken).Where(stored => plan.IsImage(stored.Key));

    /// <summary>What has been done so far.</summary>
    private sealed class Run(IObjectStore store, Patience patience, TransformPlan plan, ImageSizes sizes, CommandOutput output, bool dryRun)
    {
        private long _made;
        private long _skipped;
        private long _failed;
        private long _good;

        public long Made => Interlocked.Read(ref _made);

        public long Skipped => Interlocked.Read(ref _skipped);

        public long Failed => Interlocked.Read(ref _failed);

        /// <summary>Images of which all sizes are there.</summary>
        public long Good => Interlocked.Read(ref _good);

        public async ValueTask TakeAsync(StoredObject image, CancellationToken cancellationToken)
        {
            var wanted = new List<ImageSize>();
            foreach (var size in plan.SizesOf(image.Key))
            {
                if (await patience.RunAsync(() => store.FindAsync(size.Key, cancellationToken), cancellationToken) is not { } there || there.Changed < image.Changed || there.Length == 0)
                    wanted.Add(size);
            }

            if (wanted.Count == 0)
            {
                Interlocked.Increment(ref _skipped);
                Interlocked.Increment(ref _good);
                return;
            }

            try
            {
                if (!dryRun)
                    await MakeAsync(image, wanted, cancellationToken);
                Interlocked.Add(ref _made, wanted.Count);
                Interlocked.Increment(ref _good);
            }
            catch (UnreadableImageException e)
            {
                var count = Interlocked.Increment(ref _failed);
                if (count <= MostLines)
                    output.Line($"UNREADABLE {image.Key}: {e.Message}");
                else if (count == MostLines + 1)
                    output.Line("UNREADABLE: more images, which are counted only");
            }
        }

        private async Task MakeAsync(StoredObject image, List<ImageSize> wanted, CancellationToken cancellationToken)
        {
            if (image.Length == 0)
                throw new UnreadableImageException("it is empty");
            var folder = Directory.CreateTempSubdirectory("storage-migration-");
            try
            {
                var source = Path.Combine(folder.FullName, "image");
                await patience.RunAsync(() => FetchAsync(image, source, cancellationToken), cancellationToken);
                foreach (var size in wanted)
                {
                    var target = Path.Combine(folder.FullName, $"size.{size.Format}");
                    await sizes.MakeAsync(source, target, size, cancellationToken);
                    await patience.RunAsync(() => PutAsync(size, target, cancellationToken), cancellationToken);
                }
            }
            finally
            {
                folder.Delete(recursive: true);
            }
        }

        private async Task FetchAsync(StoredObject image, string path, CancellationToken cancellationToken)
        {
            await using var file = File.Create(path);
            await using var content = await store.OpenAsync(image, 0, cancellationToken);
            await content.CopyToAsync(file, cancellationToken);
        }

        private async Task PutAsync(ImageSize size, string path, CancellationToken cancellationToken)
        {
            await using var made = File.OpenRead(path);
            await store.WriteAsync(size.Key, new ObjectFacts { ContentType = TransformPlan.ContentTypes[size.Format] }, made.Length, made, cancellationToken);
        }
    }
}
