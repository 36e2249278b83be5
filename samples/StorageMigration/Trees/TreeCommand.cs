using System.Globalization;
using Longhaul;
using StorageMigration.Commands;

namespace StorageMigration.Trees;

/// <summary>
/// <c>trees/copy</c>: starts a copy as a job, or finds the one that is there, and follows it. Ended, it leaves the job to go on.
/// Without <c>--owner</c> it copies from and to anywhere, so it is for who sits at this machine, and must not be offered to callers as a job of its own.
/// </summary>
internal sealed class TreeCommand(TreeJobs trees, TimeProvider time) : ICommand
{
    private const string Number = "[0-9]{1,18}";
    private const string Flag = "(?i:1|0|true|false|yes|no)";
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(500);

    public string Name => "trees/copy";

    public string Description => "Copies a tree of files from one store to another";

    public IReadOnlyDictionary<string, string> Parameters { get; } = new Dictionary<string, string>
    {
        ["source"] = ".+",
        ["target"] = ".+",
        ["owner"] = "[A-Za-z0-9._:-]{1,128}",
        ["parallelism"] = Number,
        ["bytesPerSecond"] = Number,
        ["requests"] = Number,
        ["count"] = Flag,
        ["skipUnchanged"] = Flag,
    };

    public TimeSpan TimeLimit => TimeSpan.FromHours(48);

    public IReadOnlyDictionary<string, double> Phases { get; } = new Dictionary<string, double> { ["count"] = 0.05, ["copy"] = 0.95 };

    public bool RunsAsJob => false;

    public async Task<int> RunAsync(CommandArguments arguments, CommandOutput output, CancellationToken cancellationToken)
    {
        if (arguments.DryRun)
            throw new ArgumentException("trees/copy has no dry run. To see what a tree holds, list it.", nameof(arguments));
        var job = new CopyTree(Needed("source"), Needed("target"), new CopyOptions
        {
            Parallelism = (int)Math.Min(Amount("parallelism") ?? new CopyOptions().Parallelism, int.MaxValue),
            BytesPerSecond = Amount("bytesPerSecond"),
            Requests = Amount("requests") is { } requests ? (int)Math.Min(requests, int.MaxValue) : null,
            Count = arguments.Flag("count"),
            SkipUnchanged = arguments.Flag("skipUnchanged"),
        });
        var owner = arguments.Find("owner");
        try
        {
            var (id, created) = await trees.StartAsync(job, owner, cancellationToken);
            output.Line($"{(created ? "enqueued" : "already there")}: job {id}");
            return await FollowAsync(id, output, cancellationToken);
        }
        catch (TreeRefusedException e)
        {
            throw new ArgumentException(e.Message, nameof(arguments), e);
        }

        string Needed(string name) => arguments.Find(name) ?? throw new ArgumentException($"trees/copy needs --{name}=ADDRESS.", nameof(arguments));

        long? Amount(string name) => arguments.Find(name) is not { } text ? null
            : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value
            : throw new ArgumentException($"--{name} must be a whole number, but was '{text}'.", nameof(arguments));
    }

    private async Task<int> FollowAsync(JobId id, CommandOutput output, CancellationToken cancellationToken)
    {
        TreeView? told = null;
        while (true)
        {
            if (await trees.FindAsync(id, owner: null, cancellationToken) is not { } view)
                throw new InvalidOperationException($"Job {id} is gone: somebody has deleted it.");
            if (view.State is "completed" or "failed" or "cancelled")
                return End(view, output);
            if (told is null || (view.Files, view.Bytes, view.State, view.Note) != (told.Files, told.Bytes, told.State, told.Note))
                output.Progress(view.Phase, view.Files + view.Skipped + view.Unchanged + view.Failed, view.TotalFiles, cursor: null, $"{view.State}: {view.Note}");
            told = view;
            await Task.Delay(LookEvery, time, cancellationToken);
        }
    }

    private static int End(TreeView view, CommandOutput output)
    {
        var why = view.Error is { } error ? $" ({error})" : "";
        output.Line(string.Create(
            CultureInfo.InvariantCulture,
            $"{view.State}: {view.Files:N0} files, {view.Bytes:N0} bytes, {view.Failed:N0} failed, {view.Skipped:N0} skipped, {view.Unchanged:N0} unchanged{why}"));
        return view.State == "completed" ? 0 : 1;
    }
}
