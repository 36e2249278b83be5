using Longhaul;
using Longhaul.Testing;
using StorageMigration.Objects;
using StorageMigration.Trees;

namespace StorageMigration.Tests.Trees;

[Trait("Part", "samples")]
public sealed class CopyTreeTests : IDisposable
{
    private const int Small = 120;
    private const int Large = (2 * UploadPieces.Bytes) + (3 * 1024 * 1024) + 5;

    private readonly TreeFolder _folder = new();
    private readonly WatchedStore.Log _log = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private CopyTree Job => new(_folder["from"], _folder["to"]);

    private CopyTree Watched => Job with { Source = $"watched://{_folder["from"]}" };

    [Theory]
    [InlineData(1, false)]
    [InlineData(4, true)]
    public async Task Every_file_is_copied_with_its_content_and_time(int parallelism, bool count)
    {
        MakeTree();
        _folder.Write("from/large", Random(Large));

        var run = await new CopyTreeSetup().RunAsync(Job with { Options = new() { Parallelism = parallelism, Count = count } });

        run.Outcome.ShouldBe(JobTestOutcome.Completed, run.Error?.ToString());
        ShouldBeEqual();
        var report = run.ResultAs<TreeReport>();
        (report.Files, report.Failed, report.Listed).ShouldBe((Small + 1, 0, Small + 1));
        report.Bytes.ShouldBe(_folder.Files("from").Sum(name => new FileInfo(_folder[$"from/{name}"]).Length));
        (report.TotalFiles, report.TotalBytes).ShouldBe(count ? (report.Files, report.Bytes) : (null, null));
        if (count)
            run.Progress!.Fraction.ShouldBe(1);
    }

    [Fact]
    public async Task Stopped_at_any_file_it_goes_on_there_without_listing_again_from_the_start()
    {
        MakeTree();
        var setup = new CopyTreeSetup(_log.Kind);

        JobTestRun? run = null;
        for (var runs = 1; run is null || run.Outcome == JobTestOutcome.HandedBack; runs++)
            run = await setup.RunAsync(Watched with { Options = new() { Parallelism = 1 } }, new() { StopAfterItems = 17, RunNumber = runs }, run);

        run.Outcome.ShouldBe(JobTestOutcome.Completed, run.Error?.ToString());
        ShouldBeEqual();
        _log.Begun.Count.ShouldBe(1 + (Small / 17));
        _log.Begun.Skip(1).ShouldAllBe(static after => after != null);
        _log.Listed.Count.ShouldBeLessThanOrEqualTo(Small + _log.Begun.Count, "one that was listed and not begun is listed again, and nothing else");
        run.ResultAs<TreeReport>().Files.ShouldBe(Small);
    }

    [Fact]
    public async Task Cut_off_inside_a_large_file_it_goes_on_inside_it()
    {
        _folder.Write("from/large", Random(Large));
        var setup = new CopyTreeSetup(_log.Kind);
        _log.OnRead = static (_, read) =>
        {
            if (read > UploadPieces.Bytes + 100)
                throw new LeaseLostException();
        };

        var first = await setup.RunAsync(Watched);
        first.Outcome.ShouldBe(JobTestOutcome.HandedBack);
        _folder.Files("to").ShouldHaveSingleItem().ShouldStartWith(FolderParts.Prefix);

        (_log.OnRead, _log.BytesRead) = (static (_, _) => { }, 0);
        var second = await setup.RunAsync(Watched, new() { RunNumber = 2 }, first);

        second.Outcome.ShouldBe(JobTestOutcome.Completed, second.Error?.ToString());
        _log.BytesRead.ShouldBe(Large - UploadPieces.Bytes, "what had arrived is not read again");
        ShouldBeEqual();
        second.ResultAs<TreeReport>().Bytes.ShouldBe(Large);
    }

    [Fact]
    public async Task A_large_file_that_was_changed_meanwhile_begins_anew()
    {
        _folder.Write("from/large", Random(Large));
        var setup = new CopyTreeSetup(_log.Kind);
        _log.OnRead = static (_, read) =>
        {
            if (read > UploadPieces.Bytes + 100)
                throw new LeaseLostException();
        };
        var first = await setup.RunAsync(Watched);
        _log.OnRead = static (_, _) => { };
        _folder.Write("from/large", Random(Large, seed: 2));
        File.SetLastWriteTimeUtc(_folder["from/large"], TreeFolder.Changed.AddDays(1));

        var second = await setup.RunAsync(Watched, new() { RunNumber = 2 }, first);

        second.Outcome.ShouldBe(JobTestOutcome.Completed, second.Error?.ToString());
        ShouldBeEqual();
    }

    [Fact]
    public async Task Files_that_fail_are_on_record_and_can_be_run_again_alone()
    {
        MakeTree();
        var setup = new CopyTreeSetup(_log.Kind);
        _log.OnOpen = static stored =>
        {
            if (stored.Key is "03/5" or "07/1")
                throw new UnauthorizedAccessException($"no right to read {stored.Key}");
        };

        var job = Watched with { Options = new() { FailuresUpTo = 0.05 } };
        var first = await setup.RunAsync(job);

        first.Outcome.ShouldBe(JobTestOutcome.Completed, first.Error?.ToString());
        first.ItemFailures.Count.ShouldBe(2);
        first.ResultAs<TreeReport>().Failed.ShouldBe(2);
        _folder.Files("to").Length.ShouldBe(Small - 2);

        _log.OnOpen = static _ => { };
        var second = await setup.RunAsync(job, new() { FailedItemsOf = first, RunNumber = 2 });

        second.Outcome.ShouldBe(JobTestOutcome.Completed, second.Error?.ToString());
        second.ResultAs<TreeReport>().Failed.ShouldBe(0);
        ShouldBeEqual();
    }

    [Fact]
    public async Task More_failures_than_allowed_fail_the_attempt_which_is_tried_again_after_1_2_and_4_minutes()
    {
        MakeTree();
        _log.OnOpen = static _ => throw new UnauthorizedAccessException("no right");
        var setup = new CopyTreeSetup(_log.Kind);

        foreach (var (attempt, minutes) in ((int, int)[])[(1, 1), (2, 2), (3, 4)])
        {
            var run = await setup.RunAsync(Watched, new() { Attempt = attempt });
            run.Outcome.ShouldBe(JobTestOutcome.Retried);
            run.Error.ShouldBeOfType<ItemBudgetExceededException>();
            run.RetryDelay.ShouldBe(TimeSpan.FromMinutes(minutes));
        }

        (await setup.RunAsync(Watched, new() { Attempt = 4 })).Outcome.ShouldBe(JobTestOutcome.Failed);
    }

    [Fact]
    public async Task A_store_in_trouble_is_tried_until_patience_ends_and_fails_no_file()
    {
        MakeTree();
        var setup = new CopyTreeSetup(_log.Kind) { Time = new AutoClock() };
        var opened = 0;
        _log.OnOpen = _ =>
        {
            if (opened++ is > 5 and < 9)
                throw new HttpRequestException("connection refused");
        };
        (await setup.RunAsync(Watched with { Options = new() { Parallelism = 1 } })).ItemFailures.ShouldBeEmpty();
        ShouldBeEqual();

        Directory.Delete(_folder["to"], recursive: true);
        _log.OnOpen = static _ => throw new HttpRequestException("connection refused");
        var run = await setup.RunAsync(Watched with { Options = new() { Parallelism = 1 } }, new() { Attempt = 2 });

        run.Outcome.ShouldBe(JobTestOutcome.Retried);
        run.RetryDelay.ShouldBe(TimeSpan.FromMinutes(2));
        run.Error!.Message.ShouldContain("connection refused");
        run.ItemFailures.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_listing_that_is_throttled_waits_and_goes_on_where_it_was()
    {
        MakeTree();
        var setup = new CopyTreeSetup(_log.Kind) { Time = new AutoClock() };
        var refused = false;
        _log.OnList = stored =>
        {
            if (refused || stored.Key != "05/3")
                return;
            refused = true;
            throw new ThrottledException(TimeSpan.FromSeconds(30), "slow down");
        };

        var run = await setup.RunAsync(Watched with { Options = new() { Parallelism = 1 } });

        run.Outcome.ShouldBe(JobTestOutcome.Completed, run.Error?.ToString());
        ((AutoClock)setup.Time).Elapsed.ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(30));
        _log.Begun.ShouldBe([null, "05/2"]);
        _log.Listed.Count.ShouldBe(Small);
        ShouldBeEqual();
    }

    [Theory]
    [InlineData(20_000, 2_000)]
    [InlineData(500_000, Large)]
    public async Task Over_a_minute_and_more_the_bytes_a_second_are_held_within_5_percent(int perSecond, int bytesOfAFile)
    {
        var files = (int)Math.Ceiling(70.0 * perSecond / bytesOfAFile);
        for (var i = 0; i < files; i++)
            _folder.Write($"from/{i:00000}", new byte[bytesOfAFile]);
        var clock = new AutoClock();
        var setup = new CopyTreeSetup { Time = clock };

        var run = await setup.RunAsync(Job with { Options = new() { Parallelism = 1, BytesPerSecond = perSecond } });

        run.Outcome.ShouldBe(JobTestOutcome.Completed, run.Error?.ToString());
        var rate = (double)files * bytesOfAFile / clock.Elapsed.TotalSeconds;
        rate.ShouldBe(perSecond, perSecond * 0.05);
    }

    [Fact]
    public async Task What_the_target_has_already_is_left_alone_on_demand()
    {
        MakeTree();
        var setup = new CopyTreeSetup();
        await setup.RunAsync(Job);
        _folder.Write("from/02/3", "y");
        File.SetLastWriteTimeUtc(_folder["from/02/3"], TreeFolder.Changed.AddMinutes(1));
        _folder.Write("from/02/4", "longer");

        var run = await setup.RunAsync(Job with { Options = new() { SkipUnchanged = true } });

        var report = run.ResultAs<TreeReport>();
        (report.Files, report.Unchanged).ShouldBe((2, Small - 2));
        ShouldBeEqual();
    }

    [Fact]
    public async Task An_owner_s_copy_stays_in_his_tree()
    {
        _folder.Write("trees/bob/secret");
        _folder.Write("trees/ann/photos/1");
        Directory.CreateSymbolicLink(_folder["trees/ann/photos/link"], _folder["trees/bob"]);
        Directory.CreateDirectory(_folder["trees/ann/away"]);
        Directory.CreateSymbolicLink(_folder["trees/ann/away/sub"], _folder["trees/bob"]);
        var setup = new CopyTreeSetup();
        setup.Settings.Base = _folder["trees"];
        JobTestOptions ann = new() { Owner = "ann" };

        (await setup.RunAsync(new CopyTree("photos", "copy"), ann)).Outcome.ShouldBe(JobTestOutcome.Completed);
        _folder.Files("trees/ann/copy").ShouldBe(["1"]);

        var refused = await setup.RunAsync(new CopyTree("../bob", "copy"), ann);
        refused.Outcome.ShouldBe(JobTestOutcome.Failed, "there is nothing to try again");
        refused.Error.ShouldBeOfType<FailNowException>();

        _folder.Write("trees/ann/more/sub/planted");
        var planted = await setup.RunAsync(new CopyTree("more", "away", new() { FailuresUpTo = 1 }), ann);
        planted.ItemFailures.ShouldHaveSingleItem();
        _folder.Files("trees/bob").ShouldBe(["secret"], "a link in the target is not followed either");
    }

    [Fact]
    public async Task A_source_that_is_not_there_is_an_error_and_not_an_empty_tree()
    {
        var run = await new CopyTreeSetup().RunAsync(Job);

        run.Outcome.ShouldBe(JobTestOutcome.Retried);
        run.Error.ShouldBeOfType<DirectoryNotFoundException>();
    }

    [Fact]
    public async Task Asked_to_stop_while_it_waits_for_its_share_of_bytes_it_stops_at_once_and_counts_each_file_once()
    {
        for (var i = 0; i < 6; i++)
            _folder.Write($"from/{i}", new byte[700]);
        var job = Job with { Options = new() { Parallelism = 1, BytesPerSecond = 1_000 } };
        using var stop = new CancellationTokenSource();

        var running = new CopyTreeSetup { Time = new JobTestClock() }.RunAsync(job, cancellationToken: stop.Token); // whose clock stands still
        while (_folder.Files("to") is not ["0", "1"])
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Cancel);
        running.IsCompleted.ShouldBeFalse();
        await stop.CancelAsync();
        var first = await running.WaitAsync(TimeSpan.FromSeconds(30), Cancel);
        first.Outcome.ShouldBe(JobTestOutcome.HandedBack);
        var second = await new CopyTreeSetup { Time = new AutoClock() }.RunAsync(job, new() { RunNumber = 2 }, first);

        second.Outcome.ShouldBe(JobTestOutcome.Completed, second.Error?.ToString());
        (second.ResultAs<TreeReport>().Files, second.ResultAs<TreeReport>().Bytes).ShouldBe((6, 4_200));
        ShouldBeEqual();
    }

    [Fact]
    public async Task Wrong_options_fail_the_job_at_once()
    {
        var run = await new CopyTreeSetup().RunAsync(Job with { Options = new() { Parallelism = 0 } });

        run.Outcome.ShouldBe(JobTestOutcome.Failed);
        run.Error!.Message.ShouldContain("parallelism must be from 1 to 64");
    }

    public void Dispose() => _folder.Dispose();

    private static byte[] Random(int length, int seed = 1)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private void MakeTree()
    {
        for (var i = 0; i < Small; i++)
            _folder.Write($"from/{i / 10:00}/{i % 10}", $"content of {i}");
    }

    private void ShouldBeEqual()
    {
        var files = _folder.Files("from");
        _folder.Files("to").ShouldBe(files);
        foreach (var name in files)
        {
            File.ReadAllBytes(_folder[$"to/{name}"]).AsSpan().SequenceEqual(File.ReadAllBytes(_folder[$"from/{name}"])).ShouldBeTrue(name);
            File.GetLastWriteTimeUtc(_folder[$"to/{name}"]).ShouldBe(File.GetLastWriteTimeUtc(_folder[$"from/{name}"]), name);
        }
    }
}
