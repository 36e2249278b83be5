using System.Globalization;
using Longhaul.Storage;

namespace Longhaul.Conformance;

/// <summary>What somebody who can write a database might do to the audit in it, and what the doctor then says; for stores with SQL.</summary>
public static class TamperedAudit
{
    private const int Newest = 8;

    /// <summary>The SQL, what one problem must contain, and how many problems there are.</summary>
    public static TheoryData<string, string, int> Cases
    {
        get
        {
            var cases = new TheoryData<string, string, int>
            {
                { "UPDATE lh_audit SET done_by = CASE seq WHEN 2 THEN 'user 6' ELSE 'user 2' END WHERE seq IN (2, 6)", "Line 2 of the audit must be as it was written, but line 3", 2 },
                { "UPDATE lh_audit SET outcome = 'forged'", "Line 5 of the audit must be as it was written, but line 6", 5 },
                { "DELETE FROM lh_audit WHERE seq = 4", "Line 4 of the audit must be there, but is gone.", 1 },
                { "DELETE FROM lh_audit WHERE seq BETWEEN 3 AND 5", "Lines 3 to 5 of the audit must be there, but are gone.", 1 },
                { "DELETE FROM lh_audit WHERE seq = 1", "Line 1 of the audit must be there, but is gone.", 1 },
                { "DELETE FROM lh_audit WHERE seq = 8", "Line 8 of the audit must be there, but is gone: line 8 was the last that was written.", 1 },
                { "DELETE FROM lh_audit", "Lines 1 to 8 of the audit must be there, but are gone: line 8 was the last that was written.", 1 },
                { "INSERT INTO lh_audit (at, action, outcome) VALUES (1, 'forged', 'done')", "Line 9 of the audit must follow from the line before it, but was written by a program of an older release, or by hand.", 1 },
                { "INSERT INTO lh_audit (at, action, outcome, before) SELECT 1, 'forged', 'done', hash FROM lh_audit_head", "Line 9 of the audit must follow", 1 },
                { "UPDATE lh_audit_head SET last = 7", "Line 8 of the audit must follow", 2 },
                { "UPDATE lh_audit_head SET last = 9", "Line 9 of the audit must be there, but is gone: line 9 was the last", 1 },
                { "UPDATE lh_audit_head SET hash = (SELECT before FROM lh_audit WHERE seq = 8)", "Line 8 of the audit must be as it was written, but lh_audit_head", 1 },
                { "UPDATE lh_audit_head SET first = 0", "Line 0 of the audit must be there", 1 },
                { "UPDATE lh_audit_head SET first = 10", "The audit must begin with line 9 at the latest", 1 },
                { "DELETE FROM lh_audit_head", "lh_audit_head must hold the one row", 1 },
            };
            foreach (var line in (int[])[1, 4, Newest])
            {
                var told = $"Line {line} of the audit must be as it was written, but {(line == Newest ? "lh_audit_head" : $"line {line + 1}")} holds another hash";
                foreach (var change in (string[])["at = at + 1", "done_by = 'eve'", "done_by = NULL", "action = 'forged'", "target = NULL", "reason = ''", "outcome = 'forged'", "origin = '10.0.0.2'"])
                    cases.Add(string.Create(CultureInfo.InvariantCulture, $"UPDATE lh_audit SET {change} WHERE seq = {line}"), told, 1);
                // The hash that a line holds is the witness of the one before it too.
                cases.Add(string.Create(CultureInfo.InvariantCulture, $"UPDATE lh_audit SET before = (SELECT hash FROM lh_audit_head) WHERE seq = {line}"), told, line == 1 ? 1 : 2);
            }

            return cases;
        }
    }

    /// <summary>Writes eight lines, none like another.</summary>
    public static async Task WriteAsync(IJobStore store)
    {
        ArgumentNullException.ThrowIfNull(store);
        for (var i = 1; i <= Newest; i++)
        {
            var record = new AuditRecord { By = $"user {i}", Action = "cancel", Target = $"job {i}", Reason = "wrong folder", Outcome = "done", Origin = "10.0.0.1" };
            await store.WriteAuditAsync(record, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>The doctor says what it should: so many problems, one of them this.</summary>
    public static async Task ShouldTellAsync(IJobStore store, string told, int problems)
    {
        ArgumentNullException.ThrowIfNull(store);
        var wrong = await store.CheckAsync(TestContext.Current.CancellationToken);
        wrong.ShouldContain(problem => problem.Contains(told, StringComparison.Ordinal), string.Join('\n', wrong));
        wrong.Count.ShouldBe(problems, string.Join('\n', wrong));
    }
}
