using Longhaul.Cli.Hosting;
using Longhaul.Cli.Tests.Support;
using Longhaul.Cli.Working;
using Longhaul.Memory;
using Microsoft.Extensions.DependencyInjection;

namespace Longhaul.Cli.Tests;

/// <summary>The file of <c>--log-file</c>: shared, moved away, and on a disk that is full.</summary>
public sealed class LogFileTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("longhaul-cli-");

    private string Log => Path.Combine(_folder.FullName, "worker.log");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task It_is_opened_anew_after_it_was_moved_away()
    {
        using (var file = new LogFile(Log, TextWriter.Null))
        {
            await file.WriteLineAsync("one");
            File.Move(Log, Log + ".1");
            file.Reopen();
            await file.WriteLineAsync("two");
        }

        (await File.ReadAllTextAsync(Log + ".1", Cancel)).ShouldBe("one\n");
        (await File.ReadAllTextAsync(Log, Cancel)).ShouldBe("two\n");
    }

    [Fact]
    public async Task Several_that_share_it_never_write_over_each_other()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There each process needs a file of its own.");
        await File.WriteAllTextAsync(Log, "before\n", Cancel);
        using (var one = new LogFile(Log, TextWriter.Null))
        using (var two = new LogFile(Log, TextWriter.Null))
        {
            await one.WriteLineAsync("one");
            await two.WriteLineAsync("two");
            await one.WriteLineAsync("three, a longer line");
            await two.WriteLineAsync("four");
        }

        (await File.ReadAllTextAsync(Log, Cancel)).ShouldBe("before\none\ntwo\nthree, a longer line\nfour\n");
    }

    [Fact]
    public async Task One_that_was_cut_gets_no_hole()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There a file that is open cannot be cut.");
        using (var file = new LogFile(Log, TextWriter.Null))
        {
            await file.WriteLineAsync("one");
            await File.WriteAllTextAsync(Log, "", Cancel);
            await file.WriteLineAsync("two");
        }

        (await File.ReadAllTextAsync(Log, Cancel)).ShouldBe("two\n");
    }

    [Fact]
    public async Task A_full_disk_loses_lines_says_so_once_and_goes_on_when_there_is_room()
    {
        var disk = new Disk();
        var error = new StringWriter();
        using (var file = new LogFile(Log, error, _ => disk))
        {
            await file.WriteLineAsync("one");
            disk.IsFull = true;
            await file.WriteLineAsync("two");
            await file.WriteLineAsync("three");
            file.Reopen();
            disk.IsFull = false;
            await file.WriteLineAsync("four");
            await file.WriteLineAsync("five");
        }

        System.Text.Encoding.UTF8.GetString(disk.ToArray()).ShouldBe("one\n\n(lines before this one could not be written)\nfour\nfive\n");
        error.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).ShouldHaveSingleItem().ShouldContain("No space left");
    }

    [Fact]
    public async Task A_worker_does_its_jobs_though_its_log_disk_is_full()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "This system has no /dev/full.");
        await using var services = Application();
        var terminal = new Terminal();
        for (var i = 0; i < 3; i++)
            (await terminal.RunAsync(new HostApplication(services), ["push", "test.quiet"], Cancel)).Ends(0);

        var run = (await terminal.RunAsync(new HostApplication(services), ["run", "--log-file", "/dev/full"], Cancel)).Ends(0);

        run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).ShouldHaveSingleItem().ShouldContain("/dev/full cannot be written");
        (await terminal.RunAsync(new HostApplication(services), ["jobs", "--state", "completed"], Cancel)).Lines.Length.ShouldBe(3);
    }

    [Fact]
    public async Task A_worker_does_its_jobs_though_its_output_is_lost()
    {
        await using var services = Application();
        (await new Terminal().RunAsync(new HostApplication(services), ["push", "test.quiet"], Cancel)).Ends(0);
        await using var full = new StreamWriter(new Disk { IsFull = true }) { AutoFlush = true };

        var run = (await (new Terminal() with { Output = full }).RunAsync(new HostApplication(services), ["run"], Cancel)).Ends(0);

        run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).ShouldHaveSingleItem().ShouldContain("work goes on");
        (await new Terminal().RunAsync(new HostApplication(services), ["jobs", "--state", "completed"], Cancel)).Lines.Length.ShouldBe(1);
    }

    private static ServiceProvider Application() => new ServiceCollection()
        .AddLonghaul(static longhaul => longhaul.UseStore(static _ => new MemoryStore()).AddHandler<Quiet>(static (_, _, _) => Task.CompletedTask))
        .BuildServiceProvider();

    [Job("test.quiet")]
    public sealed record Quiet;

    private sealed class Disk : MemoryStream
    {
        public bool IsFull { get; set; }

        public override void Write(ReadOnlySpan<byte> buffer) => Write(buffer.ToArray(), 0, buffer.Length);

        public override void Write(byte[] buffer, int offset, int count)
        {
            if (IsFull)
                throw new IOException("No space left on device");
            base.Write(buffer, offset, count);
        }

        protected override void Dispose(bool disposing) => base.Dispose(disposing: false); // stays, so that the test can read it
    }
}
