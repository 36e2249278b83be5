namespace Longhaul;

/// <summary>How long a unique key is occupied by the job that has it.</summary>
public enum UniqueScope
{
    /// <summary>Until the job's first run begins.</summary>
    UntilStarted,

    /// <summary>Until the job is completed, failed or cancelled.</summary>
    UntilFinished,

    /// <summary>For a time after the enqueue, whatever becomes of the job.</summary>
    Window,
}
