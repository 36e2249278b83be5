using Longhaul.Storage;

namespace Longhaul.Sqlite;

/// <summary>Looks for what is wrong with a file, and says how to mend it.</summary>
internal static class Doctor
{
    public static IReadOnlyList<string> Check(StoreFile file) => file.Read(db =>
    {
        var wrong = new List<string>();
        using (var check = db.PrepareOnce("PRAGMA quick_check(5)"))
        {
            while (check.Step())
            {
                if (check.Text(0) != "ok")
                    wrong.Add($"The file is damaged: {check.Text(0)}. Stop all workers, keep a copy, and restore a backup or run 'sqlite3 {file.Path} .recover'.");
            }
        }

        using (var counts = db.PrepareOnce(SqlText.Of("Doctor.Counts")))
        {
            while (counts.Step())
                wrong.Add($"The counts of queue {counts.Text(0)} are not those of its jobs. Please report this; the jobs themselves are not touched by it.");
        }

        if (db.Get("Doctor.Lost").Scalar() is not 0 and var lost)
            wrong.Add($"The queues hold {-lost} jobs more than there are pending ones. Please report this; 'longhaul release ID' makes a job pending again.");
        wrong.AddRange(CheckAudit(db));
        return (IReadOnlyList<string>)wrong;
    });

    private static IReadOnlyList<string> CheckAudit(Connection db)
    {
        using var lines = db.PrepareOnce(SqlText.Of("Doctor.Audit"));
        AuditChain? chain = null;
        while (lines.Step())
        {
            chain ??= new(lines.Long(0), lines.Long(1), lines.Bytes(2).ToArray());
            if (!lines.IsNull(3))
                chain.Add(lines.Long(3), lines.BytesOrNull(4), AuditChain.HashOf(lines.Bytes(4), lines.Bytes(5)));
        }

        return chain?.Finish() ?? [AuditChain.NoHead];
    }
}
