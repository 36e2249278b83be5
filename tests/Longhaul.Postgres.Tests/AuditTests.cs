using System.Security.Cryptography;
using System.Text;
using Longhaul.Conformance;
using Longhaul.Storage;
using Npgsql;

namespace Longhaul.Postgres.Tests;

/// <summary>The audit against whoever writes the tables by hand, and beside programs of an older release.</summary>
[Trait("Store", "postgres")]
public sealed class AuditTests : ConformanceTest<PostgresFixture>
{
    private const string Disarm = "ALTER TABLE lh_audit DISABLE TRIGGER USER; ";

    public static TheoryData<string, string, int> Tampering => TamperedAudit.Cases;

    [Theory]
    [MemberData(nameof(Tampering))]
    [InlineData("DELETE FROM lh_audit WHERE seq = 4; INSERT INTO lh_audit (seq, at, action, outcome) OVERRIDING SYSTEM VALUE VALUES (4, 1, 'forged', 'done')", "Each of lines 3 to 4 of the audit must be as it was written, but line 5", 2)]
    public async Task Whatever_is_done_by_hand_is_told(string sql, string told, int problems)
    {
        await TamperedAudit.WriteAsync(Store);
        (await Store.CheckAsync(Cancel)).ShouldBeEmpty();

        await RunAsync(Disarm + sql);

        await TamperedAudit.ShouldTellAsync(Store, told, problems);
    }

    [Theory]
    [InlineData("UPDATE lh_audit SET outcome = 'done' WHERE seq = 1", "UPDATE would change it")]
    [InlineData("TRUNCATE lh_audit", "TRUNCATE would change it")]
    [InlineData("DELETE FROM lh_audit WHERE seq = 1", "must stay for a year")]
    [InlineData("DELETE FROM lh_audit", "must stay for a year")]
    public async Task A_line_cannot_be_changed(string sql, string refusal)
    {
        await TamperedAudit.WriteAsync(Store);

        (await Should.ThrowAsync<PostgresException>(() => RunAsync(sql))).MessageText.ShouldContain(refusal);

        (await Store.CheckAsync(Cancel)).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_hash_is_over_what_the_documentation_says()
    {
        await using var store = new PostgresStore(new()
        {
            ConnectionString = Fixture.ConnectionString + ";Options=-c bytea_output=escape -c DateStyle=German -c extra_float_digits=0", // of no account
            Schema = Fixture.Schema,
            Clock = Clock,
        });
        await store.OpenAsync(migrate: false, Cancel);
        await store.WriteAuditAsync(new() { By = "é😀", Action = "a \"b\" \\ / \n \u0001 \u007f <'>", Outcome = "done", Origin = "10.0.0.1" }, Cancel);

        var line = $$"""[1, {{Moments.From(Clock.Now)}}, "é😀", "a \"b\" \\ / \n \u0001 {{'\u007f'}} <'>", null, null, "done", "10.0.0.1"]""";
        (await Fixture.AskAsync("SELECT encode(hash, 'hex') FROM lh_audit_head", Cancel)).ShouldBe(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(line))));
    }

    [Fact]
    public async Task A_plain_insert_is_in_the_chain()
    {
        await TamperedAudit.WriteAsync(Store);

        await RunAsync("INSERT INTO lh_audit (at, action, outcome) VALUES (1, 'cancel', 'done'), (2, 'retry', 'done')"); // as a program of an older release writes

        (await Store.CheckAsync(Cancel)).ShouldBeEmpty();
        (await Fixture.AskAsync("SELECT last FROM lh_audit_head", Cancel)).ShouldBe(10L);
    }

    [Fact]
    public async Task A_line_written_past_the_chain_stands_in_nobodys_way()
    {
        await TamperedAudit.WriteAsync(Store);
        await RunAsync(Disarm + "INSERT INTO lh_audit (at, action, outcome) VALUES (1, 'forged', 'done'); ALTER TABLE lh_audit ENABLE TRIGGER USER");

        await TamperedAudit.WriteAsync(Store);

        await TamperedAudit.ShouldTellAsync(Store, "Line 9 of the audit must follow", 1);
    }

    [Fact]
    public async Task A_store_without_the_chains_head_says_what_to_do()
    {
        await TamperedAudit.WriteAsync(Store);
        await RunAsync("DELETE FROM lh_audit_head");

        (await Should.ThrowAsync<StoreException>(() => TamperedAudit.WriteAsync(Store))).Message.ShouldContain("lh_audit_head must hold the one row");

        await RunAsync("INSERT INTO lh_audit_head (first, last) SELECT coalesce(max(seq), 0) + 1, coalesce(max(seq), 0) FROM lh_audit");
        await TamperedAudit.WriteAsync(Store);
        (await Store.CheckAsync(Cancel)).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_chain_begins_after_the_lines_of_an_older_schema()
    {
        await RunAsync("""
            DROP TRIGGER lh_chain ON lh_audit; DROP TRIGGER lh_keep ON lh_audit; DROP TRIGGER lh_delete ON lh_audit;
            DROP FUNCTION lh_audit_hash, lh_chain_audit, lh_keep_audit, lh_prune_audit;
            DROP TABLE lh_audit_head; ALTER TABLE lh_audit DROP COLUMN before; UPDATE lh_schema SET version = 3, replaced = 'older';
            INSERT INTO lh_audit (at, action, outcome) VALUES (1, 'cancel', 'done'), (2, 'retry', 'done')
            """);

        Store = await Fixture.ReopenAsync(Store, Cancel);
        (await Store.CheckAsync(Cancel)).ShouldBeEmpty();
        await TamperedAudit.WriteAsync(Store);
        (await Store.CheckAsync(Cancel)).ShouldBeEmpty();
        await RunAsync("DELETE FROM lh_audit WHERE seq = 1"); // of before the chain
        (await Store.CheckAsync(Cancel)).ShouldBeEmpty();
        await RunAsync(Disarm + "DELETE FROM lh_audit WHERE seq = 3");

        await TamperedAudit.ShouldTellAsync(Store, "Line 3 of the audit must be there, but is gone", 1);
    }

    private Task<object?> RunAsync(string sql) => Fixture.AskAsync(sql, Cancel);
}
