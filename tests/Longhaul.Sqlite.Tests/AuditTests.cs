using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Longhaul.Conformance;
using Longhaul.Storage;
using Microsoft.Data.Sqlite;

namespace Longhaul.Sqlite.Tests;

/// <summary>The audit against whoever writes the file by hand, and beside programs of an older release.</summary>
public sealed class AuditTests : ConformanceTest<SqliteFixture>
{
    private const string Disarm = "DROP TRIGGER lh_audit_update; DROP TRIGGER lh_audit_delete; DROP TRIGGER lh_audit_expired; ";

    public static TheoryData<string, string, int> Tampering => TamperedAudit.Cases;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        Clock.Advance(TimeProvider.System.GetUtcNow() - Clock.Now); // the triggers go by the machine's clock
    }

    [Theory]
    [MemberData(nameof(Tampering))]
    [InlineData("DELETE FROM lh_audit WHERE seq = 4; INSERT INTO lh_audit (seq, at, action, outcome) VALUES (4, 1, 'forged', 'done')", "Each of lines 3 to 4 of the audit must be as it was written, but line 5", 2)]
    [InlineData("REPLACE INTO lh_audit (seq, at, action, outcome) VALUES (4, 1, 'forged', 'done')", "Line 4 of the audit must follow", 2)] // runs no DELETE trigger at all
    public async Task Whatever_is_done_by_hand_is_told(string sql, string told, int problems)
    {
        await TamperedAudit.WriteAsync(Store);
        await Store.ShouldBeSoundAsync();

        Fixture.Run(Disarm + sql);

        await TamperedAudit.ShouldTellAsync(Store, told, problems);
    }

    [Theory]
    [InlineData("UPDATE lh_audit SET outcome = 'done' WHERE seq = 1", "must stay as it was written")]
    [InlineData("DELETE FROM lh_audit WHERE seq = 1", "must stay for a year")]
    [InlineData("DELETE FROM lh_audit", "must stay for a year")]
    public async Task A_line_cannot_be_changed(string sql, string refusal)
    {
        await TamperedAudit.WriteAsync(Store);

        Should.Throw<SqliteException>(() => Fixture.Run(sql)).Message.ShouldContain(refusal);

        await Store.ShouldBeSoundAsync();
    }

    [Fact]
    public async Task A_line_that_says_it_is_old_opens_the_others_to_nobody()
    {
        await TamperedAudit.WriteAsync(Store);
        Fixture.Run("INSERT INTO lh_audit (at, action, outcome) VALUES (1, 'old', 'done'); DELETE FROM lh_audit WHERE action = 'old'");

        Should.Throw<SqliteException>(() => Fixture.Run("DELETE FROM lh_audit")).Message.ShouldContain("must stay for a year");

        await Store.ShouldBeSoundAsync();
        Fixture.Run(Disarm + "DELETE FROM lh_audit WHERE seq = 3");
        await TamperedAudit.ShouldTellAsync(Store, "Line 3 of the audit must be there, but is gone", 1);
    }

    [Fact]
    public async Task The_hash_is_over_what_the_documentation_says()
    {
        await Store.WriteAuditAsync(new() { By = "é😀", Action = "a \"b\" \\ / \n \u0001 \u007f <'>", Outcome = "done", Origin = "10.0.0.1" }, Cancel);

        var at = StoreClock.From(Clock.Now);
        var line = $$"""[1,{{at}},"é😀","a \"b\" \\ / \n \u0001 {{'\u007f'}} <'>",null,null,"done","10.0.0.1"]""";
        Fixture.Ask("SELECT lower(hex(hash)) FROM lh_audit_head").ShouldBe(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(line))));
    }

    [Fact]
    public async Task A_line_of_an_older_program_is_told_and_the_chain_goes_on()
    {
        await TamperedAudit.WriteAsync(Store);
        Fixture.Run("INSERT INTO lh_audit (at, action, outcome) VALUES (1, 'cancel', 'done')");

        await TamperedAudit.WriteAsync(Store);

        await TamperedAudit.ShouldTellAsync(Store, "Line 9 of the audit must follow", 1);
        (await Store.ListAuditAsync(new(100), Cancel)).Items.Count.ShouldBe(17);
        Fixture.Run(Disarm + "UPDATE lh_audit SET outcome = 'forged' WHERE seq = 8");
        await TamperedAudit.ShouldTellAsync(Store, "Each of lines 8 to 9 of the audit must be as it was written, but line 10", 2);
    }

    [Fact]
    public async Task An_older_program_prunes_what_is_over_and_nothing_else()
    {
        var back = JobDefaults.AuditRetention + TimeSpan.FromDays(1);
        Clock.JumpWall(-back);
        await TamperedAudit.WriteAsync(Store);
        Clock.JumpWall(back);
        await TamperedAudit.WriteAsync(Store);

        Fixture.Run($"DELETE FROM lh_audit WHERE seq IN (SELECT seq FROM (SELECT seq, at FROM lh_audit ORDER BY seq LIMIT 100) WHERE at < {StoreClock.From(Clock.Now - JobDefaults.AuditRetention)})");

        (await Store.ListAuditAsync(new(100), Cancel)).Items.Count.ShouldBe(8);
        await Store.ShouldBeSoundAsync();
    }

    [Fact]
    public async Task A_store_without_the_chains_head_says_what_to_do()
    {
        await TamperedAudit.WriteAsync(Store);
        Fixture.Run("DELETE FROM lh_audit_head");

        (await Should.ThrowAsync<StoreException>(() => TamperedAudit.WriteAsync(Store))).Message.ShouldContain("INSERT INTO lh_audit_head");

        Fixture.Run("INSERT INTO lh_audit_head (first, last) SELECT coalesce(max(seq), 0) + 1, coalesce(max(seq), 0) FROM lh_audit");
        await TamperedAudit.WriteAsync(Store);
        await Store.ShouldBeSoundAsync();
    }

    [Fact]
    public async Task The_chain_begins_after_the_lines_of_an_older_file()
    {
        await using var folder = new StoreFolder();
        var assembly = typeof(SqliteStore).Assembly;
        foreach (var name in assembly.GetManifestResourceNames().Order(StringComparer.Ordinal).Where(static n => n.Contains(".Migrations.", StringComparison.Ordinal)).Take(4))
            folder.Run(ReadText(assembly, name));
        folder.Run("""
            CREATE TABLE lh_schema (version INTEGER NOT NULL) STRICT; INSERT INTO lh_schema VALUES (4);
            INSERT INTO lh_audit (at, action, outcome) VALUES (1, 'cancel', 'done'), (2, 'retry', 'done');
            """);
        StoreFolder.CloseToOthers(folder.Path);

        var store = await folder.OpenAsync();
        await store.ShouldBeSoundAsync();
        await TamperedAudit.WriteAsync(store);
        await store.ShouldBeSoundAsync();
        folder.Run("DELETE FROM lh_audit WHERE seq = 1"); // of before the chain
        await store.ShouldBeSoundAsync();
        folder.Run(Disarm + "DELETE FROM lh_audit WHERE seq = 3");

        await TamperedAudit.ShouldTellAsync(store, "Line 3 of the audit must be there, but is gone", 1);
    }

    private static string ReadText(Assembly assembly, string resource)
    {
        using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
        return reader.ReadToEnd();
    }
}
