using StorageMigration.Objects;

namespace StorageMigration.Tests.Trees;

[Trait("Part", "samples")]
public sealed class FolderStoreTests : IDisposable
{
    private readonly TreeFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(50_000)]
    public void A_walk_gives_each_key_once_in_order_and_goes_on_behind_any(int batch)
    {
        string[] keys = ["-", "a", "a b/1", "a!", "a.txt", "a/0", "a/b/c", "a/b/d", "a/b.x", "a0", "b/z/y/x", "c", "ä", "日本/語"];
        foreach (var key in keys)
            _folder.Write($"tree/{key}".Replace("tree/a/", "tree/aa/", StringComparison.Ordinal));
        string[] expected = [.. _folder.Files("tree").Order(StringComparer.Ordinal)];

        new FolderWalk(_folder["tree"], batch).KeysAfter(null).ShouldBe(expected);
        for (var i = 0; i < expected.Length; i++)
            new FolderWalk(_folder["tree"], batch).KeysAfter(expected[i]).ShouldBe(expected[(i + 1)..], $"after {expected[i]}");
        new FolderWalk(_folder["tree"], batch).KeysAfter("aa/b/cc").ShouldBe(expected[(Array.IndexOf(expected, "aa/b/c") + 1)..], "the file that it was at is gone");
    }

    [Fact]
    public void Going_on_reads_only_the_folders_on_the_way_and_behind()
    {
        foreach (var number in Enumerable.Range(0, 50))
            _folder.Write($"tree/{number:00}/file");

        var walk = new FolderWalk(_folder["tree"]);

        walk.KeysAfter("47/file").ShouldBe(["48/file", "49/file"]);
        walk.FoldersRead.ShouldBe(4, "the root, the folder that it was in, and two more");
    }

    [Fact]
    public async Task Links_and_files_on_their_way_are_no_objects()
    {
        _folder.Write("outside/secret");
        _folder.Write("tree/a");
        _folder.Write($"tree/{FolderParts.Prefix}left");
        File.CreateSymbolicLink(_folder["tree/link"], _folder["outside/secret"]);
        Directory.CreateSymbolicLink(_folder["tree/linked"], _folder["outside"]);
        await using var store = new FolderStore(_folder["tree"]);

        (await store.ListAsync(null, Cancel).Select(static stored => stored.Key).ToListAsync(Cancel)).ShouldBe(["a"]);
        (await store.FindAsync("link", Cancel)).ShouldBeNull();
        await Should.ThrowAsync<IOException>(() => store.FindAsync("linked/secret", Cancel));
        await Should.ThrowAsync<IOException>(() => WriteAsync(store, "linked/new", "x"));
        _folder.Files("outside").ShouldBe(["secret"]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/etc/passwd")]
    [InlineData("../a")]
    [InlineData("a/../b")]
    [InlineData("a//b")]
    [InlineData("a/")]
    [InlineData("./a")]
    public async Task A_key_that_is_no_plain_path_is_refused(string key)
    {
        await using var store = new FolderStore(_folder["tree"]);

        (await Should.ThrowAsync<ArgumentException>(() => WriteAsync(store, key, "x"))).Message.ShouldContain("a path below the folder");
        _folder.Files("").ShouldBeEmpty();
    }

    [Fact]
    public async Task A_file_is_replaced_as_a_whole_and_keeps_its_time()
    {
        await using var store = new FolderStore(_folder["tree"]);
        await WriteAsync(store, "a/b", "old");

        await Should.ThrowAsync<EndOfStreamException>(() => store.WriteAsync("a/b", ObjectFacts.None, 10, new BrokenStream(), Cancel));
        (await File.ReadAllTextAsync(_folder["tree/a/b"], Cancel)).ShouldBe("old");

        await WriteAsync(store, "a/b", "new");
        (await File.ReadAllTextAsync(_folder["tree/a/b"], Cancel)).ShouldBe("new");
        File.GetLastWriteTimeUtc(_folder["tree/a/b"]).ShouldBe(TreeFolder.Changed);
        _folder.Files("tree").ShouldBe(["a/b"]);
    }

    [Fact]
    public async Task What_earlier_writers_of_the_same_work_have_left_is_removed_where_the_next_one_comes_by()
    {
        foreach (var left in (string[])["work-1-1", "work-1-u2", "work-1-u3", "work-2-9", "work-10-1", "other-1-1"])
        {
            _folder.Write($"tree/{FolderParts.Prefix}{left}");
            _folder.Write($"tree/a/{FolderParts.Prefix}{left}");
        }

        await using var store = new FolderStore(_folder["tree"]);
        store.BeginWriting("work", 2, [$"{FolderParts.Prefix}work-1-u3|7"]);
        await WriteAsync(store, "a/b", "x");

        string[] stay = ["other-1-1", "work-1-u3", "work-10-1", "work-2-9"];
        _folder.Files("tree").Order(StringComparer.Ordinal).ShouldBe([.. stay.Select(static left => FolderParts.Prefix + left), .. stay.Select(static left => $"a/{FolderParts.Prefix}{left}"), "a/b"]);
    }

    [Fact]
    public async Task A_direct_copy_is_equal_and_keeps_its_time()
    {
        _folder.Write("from/a/b", "content");
        _folder.Write("from/empty", "");
        _folder.Write("to/a/b", "what was there before");
        await using var source = new FolderStore(_folder["from"]);
        await using var target = new FolderStore(_folder["to"]);

        target.CanCopyFrom(source).ShouldBeTrue();
        await foreach (var stored in source.ListAsync(null, Cancel))
            await target.CopyFromAsync(source, stored, Cancel);

        _folder.Files("to").ShouldBe(["a/b", "empty"]);
        (await File.ReadAllTextAsync(_folder["to/a/b"], Cancel)).ShouldBe("content");
        File.GetLastWriteTimeUtc(_folder["to/a/b"]).ShouldBe(TreeFolder.Changed);
        File.GetLastWriteTimeUtc(_folder["to/empty"]).ShouldBe(TreeFolder.Changed);
    }

    [Fact]
    public async Task What_became_a_link_after_it_was_listed_is_not_followed()
    {
        _folder.Write("outside/x", "secret");
        _folder.Write("from/a/x", "public");
        _folder.Write("from/b/x", "public");
        await using var source = new FolderStore(_folder["from"]);
        await using var target = new FolderStore(_folder["to"]);
        var listed = new List<StoredObject>();
        await foreach (var stored in source.ListAsync(null, Cancel))
            listed.Add(stored);
        Directory.Delete(_folder["from/a"], recursive: true);
        Directory.CreateSymbolicLink(_folder["from/a"], _folder["outside"]);
        File.Delete(_folder["from/b/x"]);
        File.CreateSymbolicLink(_folder["from/b/x"], _folder["outside/x"]);

        foreach (var stored in listed)
        {
            await Should.ThrowAsync<IOException>(async () => await target.CopyFromAsync(source, stored, Cancel), stored.Key);
            await Should.ThrowAsync<IOException>(async () => await source.OpenAsync(stored, 0, Cancel), stored.Key);
        }

        listed.Count.ShouldBe(2);
        _folder.Files("to").ShouldBeEmpty();
    }

    [Fact]
    public async Task A_folder_that_was_removed_meanwhile_is_made_again()
    {
        await using var store = new FolderStore(_folder["tree"]);
        await WriteAsync(store, "a/1", "x");
        Directory.Delete(_folder["tree/a"], recursive: true);

        await WriteAsync(store, "a/2", "x");

        _folder.Files("tree").ShouldBe(["a/2"]);

        _folder.Write("from/a/b", "content");
        await using var source = new FolderStore(_folder["from"]);
        Directory.Delete(_folder["tree/a"], recursive: true);
        await foreach (var stored in source.ListAsync(null, Cancel))
            await store.CopyFromAsync(source, stored, Cancel);

        _folder.Files("tree").ShouldBe(["a/b"]);
    }

    [Fact]
    public async Task An_upload_goes_on_in_another_store_object_and_keeps_the_time()
    {
        string token;
        await using (var first = new FolderStore(_folder["tree"]))
        await using (var upload = await first.BeginAsync("big", new ObjectFacts { Changed = new DateTimeOffset(TreeFolder.Changed) }, 6, Cancel))
        {
            await upload.AppendAsync("abc"u8.ToArray(), Cancel);
            token = upload.Token;
        }

        await using var second = new FolderStore(_folder["tree"]);
        (await second.FindAsync("big", Cancel)).ShouldBeNull();
        await using (var upload = (await second.ResumeAsync("big", token, 6, Cancel)).ShouldNotBeNull())
        {
            upload.Arrived.ShouldBe(3);
            await upload.AppendAsync("def"u8.ToArray(), Cancel);
            await upload.CompleteAsync(Cancel);
        }

        (await File.ReadAllTextAsync(_folder["tree/big"], Cancel)).ShouldBe("abcdef");
        File.GetLastWriteTimeUtc(_folder["tree/big"]).ShouldBe(TreeFolder.Changed);
        (await second.ResumeAsync("big", token, 6, Cancel)).ShouldBeNull();
        await Should.ThrowAsync<ArgumentException>(() => second.ResumeAsync("big", "../big", 6, Cancel));
    }

    [Fact]
    public async Task A_writer_removes_what_earlier_ones_of_its_work_have_left_but_not_what_goes_on()
    {
        await using var dead = new FolderStore(_folder["tree"]);
        dead.BeginWriting("7", 1, []);
        var kept = await dead.BeginAsync("kept", ObjectFacts.None, 6, Cancel);
        var lost = await dead.BeginAsync("lost", ObjectFacts.None, 6, Cancel);
        await kept.DisposeAsync();
        await lost.DisposeAsync();
        await using var other = new FolderStore(_folder["tree"]);
        other.BeginWriting("77", 1, []);
        await (await other.BeginAsync("other", ObjectFacts.None, 6, Cancel)).DisposeAsync();

        await using var next = new FolderStore(_folder["tree"]);
        next.BeginWriting("7", 2, [kept.Token]);

        (await next.ResumeAsync("lost", lost.Token, 6, Cancel)).ShouldBeNull();
        var upload = (await next.ResumeAsync("kept", kept.Token, 6, Cancel)).ShouldNotBeNull();
        await upload.DisposeAsync();
        _folder.Files("tree").Length.ShouldBe(2, "the one that goes on, and that of the other work");
    }

    public void Dispose() => _folder.Dispose();

    private static async Task WriteAsync(FolderStore store, string key, string text)
    {
        using var content = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(text));
        await store.WriteAsync(key, new ObjectFacts { Changed = new DateTimeOffset(TreeFolder.Changed) }, content.Length, content, Cancel);
    }

    private sealed class BrokenStream : MemoryStream
    {
        public override Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken) => throw new EndOfStreamException();
    }
}
