using StorageMigration.Objects;

namespace StorageMigration.Tests.Objects;

[Trait("Part", "samples")]
public sealed class UploadPiecesTests(S3Fixture fixture) : IClassFixture<S3Fixture>
{
    private const long Most = (long)UploadPieces.Most * UploadPieces.Bytes;

    [Theory]
    [InlineData(1, 1)]
    [InlineData(Most, 1)]
    [InlineData(Most + 1, 2)]
    [InlineData(2 * Most, 2)]
    [InlineData(5L << 40, 66)]
    public void Pieces_grow_so_that_there_are_not_too_many(long length, int times)
    {
        UploadPieces.Of(length).ShouldBe(times * UploadPieces.Bytes);
        (length / UploadPieces.Of(length)).ShouldBeLessThanOrEqualTo(UploadPieces.Most);
    }

    [Fact]
    public async Task A_very_large_object_is_begun()
    {
        await using var store = new S3Store(S3Address.Parse(new Uri(fixture.Place())), OpenGate.Instance);
        await using var upload = await store.BeginAsync("huge", ObjectFacts.None, Most + 1, TestContext.Current.CancellationToken);

        await upload.AppendAsync(new byte[UploadPieces.Of(Most + 1)], TestContext.Current.CancellationToken);
        await using (var resumed = (await store.ResumeAsync("huge", upload.Token, Most + 1, TestContext.Current.CancellationToken)).ShouldNotBeNull())
            resumed.Arrived.ShouldBe(UploadPieces.Of(Most + 1), "the part is of the size that it must have");

        await upload.AbortAsync(TestContext.Current.CancellationToken);
    }
}
