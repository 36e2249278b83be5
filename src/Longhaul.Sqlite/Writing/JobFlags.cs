namespace Longhaul.Sqlite;

/// <summary>Which of the colder tables know a job, and what its next run is for. 0 for a plain fresh job, which then costs no look-up at all.</summary>
[Flags]
internal enum JobFlags : long
{
    None = 0,

    /// <summary>It has a row in <c>lh_state</c>.</summary>
    State = 1,

    /// <summary>It may occupy a unique key.</summary>
    Unique = 2,

    /// <summary>The next run is its <c>FailedAsync</c>.</summary>
    Hook = 4,

    /// <summary>The next run is for its failed items alone.</summary>
    Items = 8,

    /// <summary>It was lost so often that a worker runs one such job at a time.</summary>
    Suspect = 16,

    /// <summary>It keeps rows in <c>lh_log</c>, <c>lh_trace</c>, <c>lh_item</c>, <c>lh_history</c>, <c>lh_checkpoint</c>, <c>lh_body</c> or <c>lh_tag</c>.</summary>
    Rows = 32,

    /// <summary>It has a row in <c>lh_detail</c>.</summary>
    Detail = 128,

    /// <summary>The code of its last run has not ended: it has a row in <c>lh_hold</c>.</summary>
    Hold = 64,

    /// <summary>What a job may have and still share a range of the queue with others like it, and end without a look at its run.</summary>
    Plain = Detail,

    /// <summary>What belongs to the next run, not to the job.</summary>
    OfRun = Hook | Items,
}

/// <summary>Questions about <see cref="JobFlags"/>.</summary>
internal static class JobFlagsExtensions
{
    /// <summary>Whether nothing is known of the job beyond what it was written with.</summary>
    public static bool IsPlain(this JobFlags flags) => (flags & ~JobFlags.Plain) == JobFlags.None;
}
