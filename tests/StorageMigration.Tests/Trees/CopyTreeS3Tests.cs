using Longhaul.Testing;
using StorageMigration.Objects;
using StorageMigration.Tests.Objects;
using StorageMigration.Trees;

namespace StorageMigration.Tests.Trees;

[Trait("Part", "samples")]
public sealed class CopyTreeS3Tests(S3Fixture s3) : IClassFixture<S3Fixture>, IDisposable
{
    private const int Large = (2 * UploadPieces.Bytes) + 77;

    private readonly TreeFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_tree_goes_to_a_bucket_from_there_to_another_and_back_to_a_folder()
    {
        for (var i = 0; i < 40; i++)
            _folder.Write($"from/{i / 10}/{i % 10}.txt", $"content of {i}");
        var large = new byte[Large];
        new Random(1).NextBytes(large);
        _folder.Write("from/large", large);
        var (bucket, other) = (s3.Place(), s3.Place(S3Places.Other));
        var setup = new CopyTreeSetup(S3Store.Kind);

        foreach (var job in (CopyTree[])[new(_folder["from"], bucket), new(bucket, other), new(other, _folder["to"])])
        {
            var run = await setup.RunAsync(job);
            run.Outcome.ShouldBe(JobTestOutcome.Completed, run.Error?.ToString());
            (run.ResultAs<TreeReport>().Files, run.ItemFailures.Count).ShouldBe((41, 0));
        }

        _folder.Files("to").ShouldBe(_folder.Files("from"));
        foreach (var name in _folder.Files("from"))
        {
            var (there, here) = (await File.ReadAllBytesAsync(_folder[$"to/{name}"], Cancel), await File.ReadAllBytesAsync(_folder[$"from/{name}"], Cancel));
            there.AsSpan().SequenceEqual(here).ShouldBeTrue(name);
        }
    }

    [Fact]
    public async Task Stopped_between_two_objects_it_goes_on_in_the_bucket()
    {
        for (var i = 0; i < 25; i++)
            _folder.Write($"from/{i:00}");
        var bucket = s3.Place();
        var setup = new CopyTreeSetup(S3Store.Kind);
        (await setup.RunAsync(new CopyTree(_folder["from"], bucket))).Outcome.ShouldBe(JobTestOutcome.Completed);
        var job = new CopyTree(bucket, _folder["to"], new() { Parallelism = 1 });

        var first = await setup.RunAsync(job, new() { StopAfterItems = 9 });
        var second = await setup.RunAsync(job, new() { RunNumber = 2 }, first);

        first.Outcome.ShouldBe(JobTestOutcome.HandedBack);
        second.ResultAs<TreeReport>().Files.ShouldBe(25);
        _folder.Files("to").Length.ShouldBe(25);
    }

    public void Dispose() => _folder.Dispose();
}
