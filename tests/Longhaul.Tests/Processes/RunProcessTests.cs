using System.Globalization;
using Longhaul.Storage;
using Longhaul.Tests.Worker;

namespace Longhaul.Tests.Processes;

/// <summary>Real programs, run by a worker.</summary>
public sealed class RunProcessTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("longhaul-");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Output_becomes_the_log_and_exit_code_0_completes()
    {
        await using var app = await StartAsync("echo one; echo two >&2; echo '{\"done\":3,\"total\":4,\"note\":\"c\"}'");

        var job = await RunAsync(app);

        job.State.ShouldBe(JobState.Completed);
        var result = job.ResultAs<ProcessResult>().ShouldNotBeNull();
        result.ExitCode.ShouldBe(0);
        var lines = await LogAsync(app, job.Id);
        lines.ShouldContain("one");
        lines.ShouldContain("two");
    }

    [Fact]
    public async Task Another_exit_code_fails_at_once_and_says_what_was_said_last()
    {
        await using var app = await StartAsync("echo 'no such bucket' >&2; exit 3");

        var job = await RunAsync(app, attempts: 3);

        job.State.ShouldBe(JobState.Failed);
        job.Error!.Message.ShouldContain("ended with 3");
        job.Error.Message.ShouldContain("no such bucket");
        job.ResultAs<ProcessResult>()!.ExitCode.ShouldBe(3);
    }

    [Fact]
    public async Task A_listed_exit_code_is_tried_again()
    {
        await using var app = await StartAsync("test -e again || { touch again; exit 75; }", static entry => entry.RetryExitCodes.Add(75));

        var job = await RunAsync(app, attempts: 2);

        job.State.ShouldBe(JobState.Completed);
        job.Attempt.ShouldBe(2);
    }

    [Fact]
    public async Task The_whole_tree_ends_with_a_cancelled_job_though_it_does_not_want_to()
    {
        await using var app = await StartAsync(
            """
            trap '' TERM
            (trap '' TERM; echo $$ >inner; exec sleep 300) &
            setsid sh -c 'trap "" TERM; echo $$ >elsewhere; exec sleep 300' &
            while [ ! -s elsewhere ]; do sleep 0.02; done
            echo $$ >outer; echo ready; sleep 300
            """,
            static entry => entry.Grace = TimeSpan.FromMilliseconds(100));
        JobId id = await app.Jobs.EnqueueAsync(new RunProcess("job"), cancellationToken: Cancel);
        await UntilAsync(() => Has("outer") && Has("elsewhere"), "the program's processes");
        var processes = new[] { "outer", "elsewhere" }.Select(PidIn).ToArray();
        processes.ShouldAllBe(static pid => IsAlive(pid));

        await app.Jobs.CancelAsync(id, "enough", Cancel);

        (await app.EndOfAsync(id)).State.ShouldBe(JobState.Cancelled);
        processes.ShouldAllBe(static pid => !IsAlive(pid));
    }

    [Fact]
    public async Task A_cursor_comes_back_when_the_program_is_started_again()
    {
        await using var app = await StartAsync(
            """
            echo "$1" >>starts
            if [ -z "$1" ]; then echo '{"cursor":"k7"}'; exit 75; fi
            """,
            static entry =>
            {
                entry.RetryExitCodes.Add(75);
                entry.Arguments.Add("from={cursor}");
            });

        var job = await RunAsync(app, attempts: 2);

        job.State.ShouldBe(JobState.Completed);
        (await File.ReadAllLinesAsync(PathOf("starts"), Cancel)).ShouldBe(["", "from=k7"]);
    }

    [Theory]
    [InlineData("a 'b' \"c\"")]
    [InlineData("line\nbreak\ttab")]
    [InlineData("; touch pwned; $(touch pwned) `touch pwned` | touch pwned > pwned && touch pwned")]
    [InlineData("*")]
    [InlineData("ä€\U0001F600")]
    [InlineData("")]
    public async Task An_argument_is_data(string value)
    {
        await using var app = await StartAsync("""printf '%s' "$1" >argument""", static entry =>
        {
            entry.Arguments.Add("value={value}");
            entry.Parameters["value"] = "(?s).*";
        });

        JobId id = await app.Jobs.EnqueueAsync(new RunProcess("job", new Dictionary<string, string> { ["value"] = value }), cancellationToken: Cancel);

        (await app.EndOfAsync(id)).State.ShouldBe(JobState.Completed);
        (await File.ReadAllTextAsync(PathOf("argument"), Cancel)).ShouldBe("value=" + value);
        File.Exists(PathOf("pwned")).ShouldBeFalse();
    }

    [Fact]
    public async Task An_argument_cannot_become_an_option()
    {
        await using var app = await StartAsync("exit 0", static entry =>
        {
            entry.Arguments.Add("{value}");
            entry.Parameters["value"] = ".*";
        });

        JobId id = await app.Jobs.EnqueueAsync(new RunProcess("job", new Dictionary<string, string> { ["value"] = "--force" }), cancellationToken: Cancel);

        var job = await app.EndOfAsync(id);
        job.State.ShouldBe(JobState.Failed);
        job.Error!.Message.ShouldContain("must not begin with '-'");
    }

    [Fact]
    public async Task The_log_keeps_the_last_10_000_lines_of_a_program_that_says_more_than_its_buffer_holds()
    {
        await using var app = await StartAsync("seq 30000");

        var job = await RunAsync(app);

        job.State.ShouldBe(JobState.Completed);
        (await LogAsync(app, job.Id)).ShouldBe(Enumerable.Range(20_001, 10_000).Select(static n => n.ToString(CultureInfo.InvariantCulture)));
    }

    [Fact]
    public async Task What_is_written_can_be_read_at_once_where_somebody_reads_along()
    {
        await using var app = await StartAsync("echo first; while [ ! -e go ]; do sleep 0.02; done", worker: static worker => worker.FlushInterval = TimeSpan.FromHours(1));
        JobId id = await app.Jobs.EnqueueAsync(new RunProcess("job", Live: true), cancellationToken: Cancel);

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        patience.CancelAfter(TestApp.Patience);
        while (!(await LogAsync(app, id)).Contains("first"))
            await Task.Delay(5, patience.Token);

        await File.WriteAllTextAsync(PathOf("go"), "", Cancel);
        (await app.EndOfAsync(id)).State.ShouldBe(JobState.Completed);
    }

    [Fact]
    public async Task The_environment_is_clean()
    {
        Environment.SetEnvironmentVariable("LONGHAUL_TEST_SECRET", "s3cret");
        await using var app = await StartAsync("env >env; pwd >pwd", static entry => entry.Environment["SITE"] = "a b");

        (await RunAsync(app)).State.ShouldBe(JobState.Completed);

        var environment = await File.ReadAllLinesAsync(PathOf("env"), Cancel);
        environment.ShouldContain("SITE=a b");
        environment.ShouldNotContain(static line => line.StartsWith("LONGHAUL_TEST_SECRET", StringComparison.Ordinal) || line.StartsWith("DOTNET", StringComparison.Ordinal));
        (await File.ReadAllTextAsync(PathOf("pwd"), Cancel)).Trim().ShouldBe(_folder.FullName);
    }

    [Fact]
    public async Task A_program_that_is_over_its_limit_is_ended_and_fails()
    {
        await using var app = await StartAsync("sleep 300", static entry => (entry.TimeLimit, entry.Grace) = (TimeSpan.FromMilliseconds(300), TimeSpan.Zero));

        var job = await RunAsync(app, attempts: 3);

        job.State.ShouldBe(JobState.Failed);
        job.Error!.Message.ShouldContain("TimeLimit");
    }

    [Fact]
    public async Task What_a_program_leaves_behind_ends_with_it()
    {
        await using var app = await StartAsync("sleep 300 & echo $! >left; echo done");

        (await RunAsync(app)).State.ShouldBe(JobState.Completed);

        IsAlive(PidIn("left")).ShouldBeFalse();
    }

    [Fact]
    public async Task Jobs_of_the_same_id_in_two_stores_leave_each_other_s_programs_alone()
    {
        await using var first = await StartAsync("echo $$ >first; while [ ! -e go ]; do sleep 0.02; done");
        JobId one = await first.Jobs.EnqueueAsync(new RunProcess("job"), cancellationToken: Cancel);
        await UntilAsync(() => Has("first"), "the first program");
        await using var second = await StartAsync("exit 0");
        JobId two = await second.Jobs.EnqueueAsync(new RunProcess("job"), cancellationToken: Cancel);
        two.ShouldBe(one);

        (await second.EndOfAsync(two)).State.ShouldBe(JobState.Completed);

        IsAlive(PidIn("first")).ShouldBeTrue();
        await File.WriteAllTextAsync(PathOf("go"), "", Cancel);
        (await first.EndOfAsync(one)).State.ShouldBe(JobState.Completed);
    }

    [Fact]
    public async Task A_job_whose_command_is_not_on_the_list_fails_at_once()
    {
        await using var app = await StartAsync("true");

        JobId id = await app.Jobs.EnqueueAsync(new RunProcess("rm"), new() { MaxAttempts = 3 }, Cancel);

        var job = await app.EndOfAsync(id);
        job.State.ShouldBe(JobState.Failed);
        job.Error!.Message.ShouldContain("allow-list");
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private async Task<TestApp> StartAsync(string script, Action<ProcessEntry>? configure = null, Action<WorkerOptions>? worker = null)
    {
        await File.WriteAllTextAsync(PathOf("script.sh"), script, Cancel);
        var entry = new ProcessEntry { Executable = "/bin/sh", WorkingFolder = _folder.FullName, Arguments = { "script.sh" } };
        configure?.Invoke(entry);
        return await TestApp.StartAsync(longhaul => longhaul.AddProcesses(processes => processes.Add("job", entry)), worker);
    }

    private static async Task<JobInfo> RunAsync(TestApp app, int attempts = 1)
    {
        JobId id = await app.Jobs.EnqueueAsync(new RunProcess("job"), new() { MaxAttempts = attempts, RetryDelay = TimeSpan.FromMilliseconds(10) }, Cancel);
        return await app.EndOfAsync(id);
    }

    private static async Task<IReadOnlyList<string>> LogAsync(TestApp app, JobId id)
    {
        var lines = new List<string>();
        string? after = null;
        do
        {
            var page = await app.Store.ListLogsAsync(new LogFilter { Job = id }, new PageRequest(500, after), Cancel);
            lines.AddRange(page.Items.Select(static row => row.Line.Text));
            after = page.Next;
        }
        while (after is not null);
        return lines;
    }

    private static async Task UntilAsync(Func<bool> condition, string awaited)
    {
        using var patience = new CancellationTokenSource(TestApp.Patience);
        while (!condition())
        {
            if (patience.IsCancellationRequested)
                throw new TimeoutException($"There was nothing of {awaited}");
            await Task.Delay(5, Cancel);
        }
    }

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);

    private bool Has(string name) => new FileInfo(PathOf(name)) is { Exists: true, Length: > 0 };

    private int PidIn(string name) => int.Parse(File.ReadAllText(PathOf(name)), CultureInfo.InvariantCulture);

    private static bool IsAlive(int pid)
    {
        try
        {
            var stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/stat"));
            return stat[stat.LastIndexOf(')') + 2] is not ('Z' or 'X');
        }
        catch (IOException)
        {
            return false;
        }
    }
}
