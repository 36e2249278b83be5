namespace Longhaul.Postgres;

/// <summary>Which lanes a queue and a job name, or patterns of them, mean.</summary>
internal static class LaneFilter
{
    /// <summary>A query of their ids; null: all.</summary>
    public static string? Of(SqlText sql, Parameters parameters, string? queue, string? name)
    {
        var conditions = new List<string>();
        if (queue is not null)
            conditions.Add($"q.name LIKE {parameters.AddPattern(queue)}");
        if (name is not null)
            conditions.Add($"n.name LIKE {parameters.AddPattern(name)}");
        return conditions.Count == 0 ? null : $"{sql["Read.Lanes"]} WHERE {string.Join(" AND ", conditions)}";
    }
}
