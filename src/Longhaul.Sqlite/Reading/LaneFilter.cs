using Longhaul.Storage;

namespace Longhaul.Sqlite;

/// <summary>Which lanes a queue and a job name, or patterns of them, mean.</summary>
internal static class LaneFilter
{
    public static List<long> Of(Connection db, string? queue, string? name)
    {
        var lanes = new List<long>();
        var rows = db.Get("Read.Lanes");
        while (rows.Step())
        {
            if ((queue is null || StorageText.Matches(rows.Text(1), queue)) && (name is null || StorageText.Matches(rows.Text(2), name)))
                lanes.Add(rows.Long(0));
        }

        return lanes;
    }
}
