using System.Diagnostics;
using Longhaul.Conformance;
using Longhaul.Storage;

namespace Longhaul.Postgres.Tests;

/// <summary>The schema's making, and programs of other versions.</summary>
public sealed class SchemaTests : IAsyncLifetime
{
    private StoreSchema _schema = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _schema = await StoreSchema.OnTestServerAsync();

    public ValueTask DisposeAsync() => _schema.DisposeAsync();

    [Fact]
    public async Task Eight_processes_may_make_the_schema_at_once()
    {
        var url = (await TestServer.GetAsync()).Url() + "?connecttimeout=60&schema=" + _schema.Name; // eight programs start at once, on a machine that others use too

        var ended = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => RunAsync("migrate", "--store", url)));

        ended.ShouldAllBe(static end => end.Code == 0 && end.Error.Length == 0);
        (await _schema.AskAsync("SELECT count(*) FROM lh_schema")).ShouldBe(1L);
        await (await _schema.OpenAsync(migrate: false)).AddAsync();
    }

    [Fact]
    public async Task Without_a_schema_the_program_says_what_to_do()
    {
        var error = await Should.ThrowAsync<StoreUnavailableException>(_schema.OpenAsync(migrate: false));

        error.Message.ShouldContain("has none yet; run 'longhaul migrate'");
    }

    [Fact]
    public async Task An_older_schema_is_waited_for()
    {
        await _schema.OpenAsync();
        await _schema.AskAsync("UPDATE lh_schema SET version = 0");

        var error = await Should.ThrowAsync<StoreUnavailableException>(_schema.OpenAsync(migrate: false));

        error.Message.ShouldContain("but has 0; run 'longhaul migrate'");
    }

    [Fact]
    public async Task A_newer_schema_that_admits_this_program_is_used_and_left_as_it_is()
    {
        await _schema.OpenAsync();
        await _schema.AskAsync("UPDATE lh_schema SET version = 99, program = '99.0', replaced = 'newer'");

        await (await _schema.OpenAsync()).AddAsync();

        (await _schema.AskAsync("SELECT version || program || replaced FROM lh_schema")).ShouldBe("9999.0newer");
    }

    [Fact]
    public async Task A_newer_schema_that_does_not_is_refused()
    {
        await _schema.OpenAsync();
        await _schema.AskAsync("UPDATE lh_schema SET version = 99, oldest = 98");

        var error = await Should.ThrowAsync<StoreException>(_schema.OpenAsync());

        error.IsTransient.ShouldBeFalse();
        error.Message.ShouldContain("has version 99 and admits programs from version 98 on");
    }

    [Fact]
    public async Task The_script_makes_the_same_schema_by_hand()
    {
        await _schema.AskAsync(_schema.New().SchemaScript);

        await (await _schema.OpenAsync(migrate: false)).AddAsync();
    }

    [Fact]
    public async Task Functions_of_the_same_version_are_replaced_and_jobs_stay()
    {
        var id = await (await _schema.OpenAsync()).AddAsync();
        await _schema.AskAsync("UPDATE lh_schema SET replaced = 'older'; DROP FUNCTION lh_wake(text[])");

        var store = await _schema.OpenAsync();

        (await store.GetJobAsync(id, Cancel)).ShouldNotBeNull();
        (await _schema.AskAsync("SELECT lh_wake('{}')::text")).ShouldBe("");
    }

    private static async Task<(int Code, string Error)> RunAsync(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Longhaul.Cli.dll"), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(Cancel), process.StandardError.ReadToEndAsync(Cancel));
        await Await.WithinAsync(process.WaitForExitAsync(Cancel), "the end of a migration");
        return (process.ExitCode, output[1]);
    }
}
