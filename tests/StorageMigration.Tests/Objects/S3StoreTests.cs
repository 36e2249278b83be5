using Longhaul;
using StorageMigration.Objects;

namespace StorageMigration.Tests.Objects;

[Trait("Part", "samples")]
public sealed class S3StoreTests(S3Fixture fixture) : IClassFixture<S3Fixture>
{
    private static readonly int Large = (2 * UploadPieces.Bytes) + 77;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_object_comes_back_with_all_that_was_said_about_it()
    {
        await using var store = Open();
        await store.PutAsync("a/b.webp", "hello"u8.ToArray());

        (await store.ReadAsync("a/b.webp")).ShouldBe("hello"u8.ToArray());
        (await store.ReadAsync("a/b.webp", offset: 3)).ShouldBe("lo"u8.ToArray());
        var facts = await store.FactsAsync("a/b.webp");
        Samples.Facts.AreKeptBy(facts).ShouldBeTrue(facts.ToString());
        facts.Metadata.ShouldBe(Samples.Facts.Metadata, ignoreOrder: true);
        (await store.FindAsync("a/b.webp", Cancel))!.Length.ShouldBe(5);
    }

    [Fact]
    public async Task What_is_not_there_is_not_found()
    {
        await using var store = Open();

        (await store.FindAsync("nothing", Cancel)).ShouldBeNull();
        await Should.ThrowAsync<FileNotFoundException>(() => store.OpenAsync(new StoredObject("nothing", "nothing", 3, default), 0, Cancel));
        await store.DeleteAsync("nothing", Cancel);
    }

    [Fact]
    public async Task The_rest_of_an_object_is_not_read_from_another_one()
    {
        await using var store = Open();
        await store.PutAsync("a", "old content"u8.ToArray());
        var old = (await store.FindAsync("a", Cancel))!;
        await store.PutAsync("a", "new content"u8.ToArray());

        await Should.ThrowAsync<FileNotFoundException>(() => store.OpenAsync(old, 4, Cancel));
        (await store.ReadAsync("a", offset: 4)).ShouldBe("content"u8.ToArray());
    }

    [Fact]
    public async Task A_listing_goes_on_behind_a_key_and_over_pages()
    {
        await using var store = new S3Store(S3Address.Parse(new Uri(fixture.Place())), OpenGate.Instance, pageSize: 7);
        var keys = Enumerable.Range(0, 30).Select(number => $"k/{number:D5}").ToList();
        await Parallel.ForEachAsync(keys, Cancel, async (key, _) => await store.PutAsync(key, [1]));

        (await store.KeysAsync()).ShouldBe(keys);
        (await store.KeysAsync(after: "k/00009")).ShouldBe(keys[10..]);
    }

    [Fact]
    public async Task A_deleted_object_is_gone()
    {
        await using var store = Open();
        await store.PutAsync("a", [1]);

        await store.DeleteAsync("a", Cancel);

        (await store.KeysAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_large_object_goes_on_in_another_store_object()
    {
        var place = fixture.Place();
        var content = Samples.Bytes(Large);
        string token;
        await using (var first = Open(place))
        await using (var upload = await first.BeginAsync("large", Samples.Facts, Large, Cancel))
        {
            await upload.AppendAsync(content.AsMemory(0, UploadPieces.Bytes), Cancel);
            token = upload.Token;
            (await first.FindAsync("large", Cancel)).ShouldBeNull("nobody may see it before it is complete");
        }

        await using var second = Open(place);
        await using var resumed = (await second.ResumeAsync("large", token, Large, Cancel)).ShouldNotBeNull();
        resumed.Arrived.ShouldBe(UploadPieces.Bytes);
        await resumed.AppendAsync(content.AsMemory(UploadPieces.Bytes, UploadPieces.Bytes), Cancel);
        await resumed.AppendAsync(content.AsMemory(2 * UploadPieces.Bytes), Cancel);
        await resumed.CompleteAsync(Cancel);

        (await second.ReadAsync("large")).ShouldHold(content);
        Samples.Facts.AreKeptBy(await second.FactsAsync("large")).ShouldBeTrue();
        (await second.ResumeAsync("large", token, Large, Cancel)).ShouldBeNull("what is complete cannot go on");
    }

    [Fact]
    public async Task An_upload_that_was_given_up_is_forgotten()
    {
        await using var store = Open();
        await using var upload = await store.BeginAsync("large", ObjectFacts.None, Large, Cancel);
        await upload.AppendAsync(Samples.Bytes(UploadPieces.Bytes), Cancel);

        await upload.AbortAsync(Cancel);

        (await store.ResumeAsync("large", upload.Token, Large, Cancel)).ShouldBeNull();
        (await Should.ThrowAsync<ThrottledException>(() => upload.AppendAsync(new byte[UploadPieces.Bytes], Cancel))).RetryAfter.ShouldBe(TimeSpan.Zero, "it begins anew");
        (await Should.ThrowAsync<ThrottledException>(() => upload.CompleteAsync(Cancel))).RetryAfter.ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public async Task Content_that_comes_once_is_written_too()
    {
        await using var store = Open();
        var content = Samples.Bytes(Large);

        await store.WriteAsync("large", Samples.Facts, content.Length, new OnceStream(content), Cancel);
        await store.WriteAsync("small", Samples.Facts, 9, new OnceStream(content[..9]), Cancel);

        (await store.ReadAsync("large")).ShouldHold(content);
        (await store.ReadAsync("small")).ShouldBe(content[..9]);
    }

    [Theory]
    [InlineData("s3://")]
    [InlineData("s3://bucket?colour=red")]
    [InlineData("s3://bucket/x#y?endpoint=http://127.0.0.1:9000")]
    [InlineData("s3://bucket?endpoint=ftp://x")]
    [InlineData("s3://me:hush@bucket")]
    [InlineData("s3://bucket?endpoint=http://me:hush@host")]
    public void An_address_that_is_none_is_refused_without_repeating_secrets(string address)
    {
        var error = Should.Throw<ArgumentException>(() => new ObjectStores([S3Store.Kind]).Open(address));

        error.Message.ShouldNotContain("hush");
    }

    [Fact]
    public void An_address_says_where_it_is()
    {
        var address = S3Address.Parse(new Uri("s3://bucket/some/where?endpoint=http://127.0.0.1:9000&region=eu-1"));

        address.ShouldBe(new S3Address("bucket", "some/where/", new Uri("http://127.0.0.1:9000"), "eu-1"));
        address.ToString().ShouldBe("s3://bucket/some/where/?endpoint=http://127.0.0.1:9000&region=eu-1");
    }

    private static S3Store Open(string place) => new(S3Address.Parse(new Uri(place)), OpenGate.Instance);

    private S3Store Open() => Open(fixture.Place());

    private sealed class OnceStream(byte[] content) : MemoryStream(content)
    {
        public override bool CanSeek => false;
    }
}
