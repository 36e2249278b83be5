using System.Collections;
using System.Globalization;
using Longhaul.Storage;

namespace Longhaul.Diagnostics;

/// <summary>The log scope of a run: job id, name, run and worker, for structured logs. Made per run, so it allocates nothing until it is read.</summary>
internal sealed class RunScope(ClaimedRun claim, string worker) : IReadOnlyList<KeyValuePair<string, object?>>
{
    public int Count => 4;

    public KeyValuePair<string, object?> this[int index] => index switch
    {
        0 => new("JobId", claim.Key.Job.Value),
        1 => new("JobName", claim.Name),
        2 => new("RunNumber", claim.RunNumber),
        3 => new("Worker", worker),
        _ => throw new ArgumentOutOfRangeException(nameof(index)),
    };

    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator()
    {
        for (var i = 0; i < Count; i++)
            yield return this[i];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public override string ToString()
        => string.Create(CultureInfo.InvariantCulture, $"job {claim.Key.Job} ({claim.Name}) run {claim.RunNumber} on {worker}");
}
