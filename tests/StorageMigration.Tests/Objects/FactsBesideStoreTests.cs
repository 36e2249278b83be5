using StorageMigration.Objects;

namespace StorageMigration.Tests.Objects;

[Trait("Part", "samples")]
public sealed class FactsBesideStoreTests : IDisposable
{
    private static readonly int Large = (2 * UploadPieces.Bytes) + 77;

    private readonly ScratchFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_a_folder_cannot_keep_lies_in_it_unseen()
    {
        await using var store = Open();
        await store.PutAsync("x/y.webp", [1, 2, 3]);
        await store.PutAsync("plain", [4], ObjectFacts.None);

        Samples.Facts.AreKeptBy(await store.FactsAsync("x/y.webp")).ShouldBeTrue();
        (await store.KeysAsync()).ShouldBe(["plain", "x/y.webp"]);
        ScratchFolder.Contents(_folder.Path).Keys.ShouldBe([".longhaul-facts/x/y.webp.facts.json", "plain", "x/y.webp"]); // only one of the two has something to keep

        await store.PutAsync("x/y.webp", [1], ObjectFacts.None);
        (await store.FactsAsync("x/y.webp")).ContentType.ShouldBeNull("the new object has no facts of the old one");
        await store.DeleteAsync("x/y.webp", Cancel);
        ScratchFolder.Contents(_folder.Path).Keys.ShouldBe(["plain"]);
    }

    [Fact]
    public async Task What_is_kept_beside_objects_is_no_object()
    {
        await using var store = Open();
        await store.PutAsync("a", [1]);
        const string Facts = ".longhaul-facts/a.facts.json";

        (await Should.ThrowAsync<ArgumentException>(() => store.PutAsync(Facts, [1]))).Message.ShouldContain("must not lie below");
        await Should.ThrowAsync<ArgumentException>(() => store.BeginAsync(Facts, ObjectFacts.None, Large, Cancel));
        await Should.ThrowAsync<ArgumentException>(() => store.DeleteAsync(Facts, Cancel));
        (await store.FindAsync(Facts, Cancel)).ShouldBeNull();
        Samples.Facts.AreKeptBy(await store.FactsAsync("a")).ShouldBeTrue();
    }

    [Fact]
    public async Task A_large_object_goes_on_with_what_was_said_about_it()
    {
        var content = Samples.Bytes(Large);
        string token;
        await using (var first = Open())
        await using (var upload = await first.BeginAsync("v.mp4", Samples.Facts, Large, Cancel))
        {
            await upload.AppendAsync(content.AsMemory(0, UploadPieces.Bytes), Cancel);
            token = upload.Token;
        }

        await using var second = Open();
        await using (var resumed = (await second.ResumeAsync("v.mp4", token, Large, Cancel)).ShouldNotBeNull())
        {
            resumed.Arrived.ShouldBe(UploadPieces.Bytes);
            await resumed.AppendAsync(content.AsMemory(UploadPieces.Bytes), Cancel);
            await resumed.CompleteAsync(Cancel);
        }

        (await second.ReadAsync("v.mp4")).ShouldHold(content);
        Samples.Facts.AreKeptBy(await second.FactsAsync("v.mp4")).ShouldBeTrue();
    }

    private FactsBesideStore Open() => new(new FolderStore(_folder.Path));
}
