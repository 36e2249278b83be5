using System.Text;
using Longhaul;
using Longhaul.Testing;
using Microsoft.Extensions.Options;
using StorageMigration.Objects;
using StorageMigration.Objects.Drive;
using StorageMigration.Trees;

namespace StorageMigration.Tests.Trees;

[Trait("Part", "samples")]
public sealed class DriveStoreTests : IAsyncLifetime
{
    private const int Large = (2 * UploadPieces.Bytes) + 12_345;

    private readonly TreeFolder _folder = new();
    private DriveStandIn _drive = null!;
    private DriveClient? _client;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _drive = await DriveStandIn.StartAsync(Cancel);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(1_000)]
    public async Task A_listing_gives_each_file_once_and_goes_on_behind_any(int pageSize)
    {
        var root = MakeTree();
        _drive.PageSize = pageSize;
        await using var store = Open(root);
        var all = await ListAsync(store, null);

        all.Select(static stored => stored.Key).ShouldBe(["a/1", "a/2", "a/b/c/deep", "d.txt", "e"]);
        all[0].Tag.ShouldBe("c4ca4238a0b923820dcc509a6f75849b");
        for (var i = 0; i < all.Count; i++)
            (await ListAsync(store, all[i].Place)).ShouldBe(all[(i + 1)..], $"after {all[i].Key}");
    }

    [Fact]
    public async Task Going_on_asks_only_for_the_pages_on_the_way_and_behind()
    {
        var root = _drive.AddFolder("root", "tree");
        for (var i = 0; i < 40; i++)
            _drive.AddFile(root, $"{i:00}", "x"u8.ToArray());
        _drive.PageSize = 4;
        await using var store = Open(root);
        var all = await ListAsync(store, null);
        _drive.Requests.Clear();

        (await ListAsync(store, all[33].Place)).Count.ShouldBe(6);

        _drive.Requests.Count.ShouldBe(2);
    }

    [Fact]
    public async Task With_its_page_expired_a_listing_finds_its_item_again()
    {
        var root = MakeTree();
        _drive.PageSize = 1;
        await using var store = Open(root);
        var all = await ListAsync(store, null);
        _drive.ExpirePages();

        for (var i = 0; i < all.Count; i++)
            (await ListAsync(store, all[i].Place)).Select(static stored => stored.Key).ShouldBe(all[(i + 1)..].Select(static stored => stored.Key), $"after {all[i].Key}");
    }

    [Fact]
    public async Task With_its_item_gone_a_listing_rather_gives_files_twice_than_leaves_one_out()
    {
        var root = _drive.AddFolder("root", "tree");
        var ids = Enumerable.Range(0, 9).Select(i => _drive.AddFile(root, $"{i}", "x"u8.ToArray())).ToList();
        _drive.PageSize = 3;
        await using var store = Open(root);
        var all = await ListAsync(store, null);
        _drive.Remove(ids[4]);

        (await ListAsync(store, all[4].Place)).Select(static stored => stored.Key).ShouldBeSubsetOf(all.Select(static stored => stored.Key));
        (await ListAsync(store, all[4].Place)).Select(static stored => stored.Key).ToHashSet().IsSupersetOf(["5", "6", "7", "8"]).ShouldBeTrue();
        _drive.ExpirePages();
        (await ListAsync(store, all[4].Place)).Select(static stored => stored.Key).ShouldBe(["0", "1", "2", "3", "5", "6", "7", "8"]);
    }

    [Fact]
    public async Task Names_that_are_no_keys_get_their_id()
    {
        var root = _drive.AddFolder("root", "tree");
        var first = _drive.AddFile(root, "same.txt", "1"u8.ToArray());
        var second = _drive.AddFile(root, "same.txt", "2"u8.ToArray());
        var slash = _drive.AddFile(root, "a/b.txt", "3"u8.ToArray());
        var dots = _drive.AddFolder(root, "..");
        _drive.AddFile(dots, "in", "4"u8.ToArray());
        await using var store = Open(root);

        var all = await ListAsync(store, null);

        all.Select(static stored => stored.Key).ShouldBe([$".. ({dots})/in", $"a_b ({slash}).txt", "same.txt", $"same ({second}).txt"]);
        all[2].Id.ShouldBe(first);
        (await ListAsync(store, all[2].Place)).Single().Key.ShouldBe($"same ({second}).txt");
    }

    [Fact]
    public async Task A_tree_is_copied_from_drive_documents_are_skipped_and_named()
    {
        var root = MakeTree();
        _drive.AddDocument(root, "Minutes");

        var run = await RunAsync(new CopyTree($"gdrive:{root}", _folder["to"]));

        run.Outcome.ShouldBe(JobTestOutcome.Completed, run.Error?.ToString());
        _folder.Files("to").ShouldBe(["a/1", "a/2", "a/b/c/deep", "d.txt", "e"]);
        (await File.ReadAllTextAsync(_folder["to/a/b/c/deep"], Cancel)).ShouldBe("deep");
        File.GetLastWriteTimeUtc(_folder["to/e"]).ShouldBe(TreeFolder.Changed);
        var report = run.ResultAs<TreeReport>();
        (report.Files, report.Skipped, report.Failed).ShouldBe((5, 1, 0));
        run.Logs.ShouldContain(static line => line.Text.Contains("skipped Minutes: Google documents have no bytes"));
    }

    [Fact]
    public async Task A_tree_is_copied_to_drive_and_copied_again_replaces_its_files()
    {
        _folder.Write("from/a/it's \"here\" \\ there", "1");
        _folder.Write("from/a/b/c", "2");
        _folder.Write("from/d", "");
        var large = _folder.Write("from/large", RandomBytes());
        var root = _drive.AddFolder("root", "copies");
        var job = new CopyTree(_folder["from"], $"gdrive://{root}/");
        _drive.PiecesToHalve = 2;

        (await RunAsync(job)).ResultAs<TreeReport>().Files.ShouldBe(4);
        _folder.Write("from/d", "now more");
        var again = await RunAsync(job);

        again.ResultAs<TreeReport>().Files.ShouldBe(4);
        var files = _drive.Files(root);
        files.Keys.Order(StringComparer.Ordinal).ShouldBe(["a/b/c", "a/it's \"here\" \\ there", "d", "large"]);
        Encoding.UTF8.GetString(files["d"].Content).ShouldBe("now more");
        files["a/b/c"].Changed.ShouldBe(TreeFolder.Changed);
        (await File.ReadAllBytesAsync(large, Cancel)).AsSpan().SequenceEqual(files["large"].Content).ShouldBeTrue();
    }

    [Fact]
    public async Task An_upload_goes_on_where_it_was_also_after_a_piece_was_kept_in_part()
    {
        var root = _drive.AddFolder("root", "copies");
        var bytes = RandomBytes();
        await using var store = Open(root);
        await using var first = await store.BeginAsync("x/large", ObjectFacts.None, Large, Cancel);
        _drive.PiecesToHalve = 1;
        await first.AppendAsync(bytes.AsMemory(0, UploadPieces.Bytes), Cancel);

        await using var second = (await store.ResumeAsync("x/large", first.Token, Large, Cancel)).ShouldNotBeNull();
        second.Arrived.ShouldBe(UploadPieces.Bytes);
        await second.AppendAsync(bytes.AsMemory(UploadPieces.Bytes, UploadPieces.Bytes), Cancel);
        await second.AppendAsync(bytes.AsMemory(2 * UploadPieces.Bytes), Cancel);
        await second.CompleteAsync(Cancel);

        _drive.Files(root)["x/large"].Content.AsSpan().SequenceEqual(bytes).ShouldBeTrue();
        _drive.BytesOfPieces.ShouldBe(Large + (UploadPieces.Bytes / 2));
        await using var done = (await store.ResumeAsync("x/large", first.Token, Large, Cancel)).ShouldNotBeNull();
        done.Arrived.ShouldBe(Large);
        await done.CompleteAsync(Cancel);
        _drive.ExpireSessions();
        (await store.ResumeAsync("x/large", first.Token, Large, Cancel)).ShouldBeNull();
    }

    [Fact]
    public async Task An_answer_that_breaks_off_is_asked_for_again_from_there()
    {
        var root = _drive.AddFolder("root", "tree");
        var bytes = RandomBytes();
        _drive.AddFile(root, "large", bytes);
        _drive.AddFile(root, "small", "content"u8.ToArray());
        _drive.DownloadsToBreak = 4;
        _drive.BreakOff();

        var run = await RunAsync(new CopyTree($"gdrive:{root}", _folder["to"]));

        run.Outcome.ShouldBe(JobTestOutcome.Completed, run.Error?.ToString());
        run.ItemFailures.ShouldBeEmpty();
        (await File.ReadAllBytesAsync(_folder["to/large"], Cancel)).AsSpan().SequenceEqual(bytes).ShouldBeTrue();
        (await File.ReadAllTextAsync(_folder["to/small"], Cancel)).ShouldBe("content");
    }

    [Fact]
    public async Task An_access_token_is_renewed_when_it_is_refused_and_before_it_expires()
    {
        var root = MakeTree();
        await using var store = Open(root);
        await ListAsync(store, null);
        _drive.TokensGiven.ShouldBe(1);

        _drive.ExpireTokens();
        (await ListAsync(store, null)).Count.ShouldBe(5);
        _drive.TokensGiven.ShouldBe(2);

        _drive.TokenSeconds = 60; // as good as over: renewed a minute before
        _drive.ExpireTokens();
        await ListAsync(store, null);
        var before = _drive.Requests.Count;
        await ListAsync(store, null);
        _drive.TokensGiven.ShouldBeGreaterThan(_drive.Requests.Count - before, "one for each request");
    }

    [Fact]
    public async Task Without_a_right_to_a_token_the_job_fails_at_once()
    {
        var options = _drive.Options;
        options.RefreshToken = "revoked";

        var run = await RunAsync(new CopyTree("gdrive:root", _folder["to"]), options);

        run.Outcome.ShouldBe(JobTestOutcome.Failed);
        run.Error!.Message.ShouldContain("invalid_grant");
    }

    [Theory]
    [InlineData(403, "userRateLimitExceeded")]
    [InlineData(403, "rateLimitExceeded")]
    [InlineData(429, null)]
    [InlineData(500, "backendError")]
    [InlineData(503, null)]
    public async Task Asked_to_be_left_alone_it_waits_as_long_as_it_is_told(int status, string? reason)
    {
        await using var store = Open("root");
        _drive.Refuse(status, reason, retryAfter: 17);
        (await Should.ThrowAsync<ThrottledException>(() => store.FindAsync("a", Cancel))).RetryAfter.ShouldBe(TimeSpan.FromSeconds(17));
        _drive.Refuse(status, reason);
        (await Should.ThrowAsync<ThrottledException>(() => store.FindAsync("a", Cancel))).RetryAfter.ShouldBeNull();

        var root = MakeTree();
        _drive.Refuse(status, reason, retryAfter: 0, times: 2); // of the listing
        var run = await RunAsync(new CopyTree($"gdrive:{root}", _folder["to"], new() { Parallelism = 1 }));
        run.Outcome.ShouldBe(JobTestOutcome.Completed, run.Error?.ToString());
        run.ResultAs<TreeReport>().Files.ShouldBe(5);
    }

    [Fact]
    public async Task Refused_a_file_for_another_reason_it_is_an_error_of_that_file()
    {
        var root = MakeTree();
        await using var store = Open(root);
        var stored = (await ListAsync(store, null))[0];
        _drive.Refuse(403, "insufficientFilePermissions");

        await using var content = await store.OpenAsync(stored, 0, Cancel);
        var error = await Should.ThrowAsync<DriveException>(() => content.ReadExactlyAsync(new byte[1], Cancel).AsTask());

        error.Message.ShouldContain("insufficientFilePermissions");
    }

    [Fact]
    public async Task Each_request_passes_the_gate()
    {
        var root = MakeTree();
        var gate = new CountingGate();
        await using var store = Open(root, gate);
        await ListAsync(store, null);
        using var content = new MemoryStream("x"u8.ToArray());
        await store.WriteAsync("new/x", ObjectFacts.None, 1, content, Cancel);

        gate.Passed.ShouldBe(_drive.Requests.Count);
    }

    [Fact]
    public async Task What_was_written_is_found_read_and_deleted()
    {
        var root = _drive.AddFolder("root", "tree");
        await using var store = Open(root);
        using var content = new MemoryStream("content"u8.ToArray());
        await store.WriteAsync("a/b", new ObjectFacts { ContentType = "text/css", Changed = new DateTimeOffset(TreeFolder.Changed) }, 7, content, Cancel);

        var found = (await store.FindAsync("a/b", Cancel)).ShouldNotBeNull();
        (found.Length, found.Changed.UtcDateTime, found.ContentType).ShouldBe((7, TreeFolder.Changed, "text/css"));
        using var reader = new StreamReader(await store.OpenAsync(found, 3, Cancel));
        (await reader.ReadToEndAsync(Cancel)).ShouldBe("tent");
        await store.DeleteAsync("a/b", Cancel);
        await store.DeleteAsync("a/b", Cancel);
        (await store.FindAsync("a/b", Cancel)).ShouldBeNull();
        (await store.FindAsync("no/such", Cancel)).ShouldBeNull();
    }

    [Theory]
    [InlineData("gdrive:1AbC_d-E", "gdrive:1AbC_d-E")]
    [InlineData("gdrive://1AbCd-E/", "gdrive:1AbCd-E")]
    [InlineData("gdrive:root", "gdrive:root")]
    public async Task A_folder_is_named_by_its_id(string address, string expected)
    {
        await using var store = Stores().Open(address);
        store.Address.ShouldBe(expected);
    }

    [Theory]
    [InlineData("gdrive:")]
    [InlineData("gdrive:a/b")]
    [InlineData("gdrive:a' or '1")]
    public void What_is_no_id_is_refused(string address) => Should.Throw<ArgumentException>(() => Stores().Open(address)).Message.ShouldContain("FOLDERID");

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        await _drive.DisposeAsync();
        _folder.Dispose();
    }

    private static Task<List<StoredObject>> ListAsync(IObjectStore store, string? after) => store.ListAsync(after, Cancel).ToListAsync(Cancel).AsTask();

    private static byte[] RandomBytes()
    {
        var bytes = new byte[Large];
        new Random(1).NextBytes(bytes);
        return bytes;
    }

    private string MakeTree()
    {
        var root = _drive.AddFolder("root", "tree");
        _drive.AddFile(root, "e", "e"u8.ToArray());
        var a = _drive.AddFolder(root, "a");
        _drive.AddFile(a, "2", "2"u8.ToArray());
        _drive.AddFile(a, "1", "1"u8.ToArray());
        var c = _drive.AddFolder(_drive.AddFolder(a, "b"), "c");
        _drive.AddFile(c, "deep", "deep"u8.ToArray());
        _drive.AddFile(root, "d.txt", "d"u8.ToArray());
        _drive.AddFolder(root, "empty");
        return root;
    }

    private DriveClient Client(DriveOptions? options = null) => _client ??= new DriveClient(Options.Create(options ?? _drive.Options), TimeProvider.System);

    private DriveStore Open(string root, IRequestGate? gate = null) => new(Client().With(gate ?? OpenGate.Instance), root);

    private ObjectStores Stores() => new([DriveStore.KindOf(Client())]);

    private Task<JobTestRun> RunAsync(CopyTree job, DriveOptions? options = null) => new CopyTreeSetup(DriveStore.KindOf(Client(options))).RunAsync(job);

    private sealed class CountingGate : IRequestGate
    {
        private int _passed;

        public int Passed => _passed;

        public ValueTask PassAsync(CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _passed);
            return ValueTask.CompletedTask;
        }
    }
}
