namespace Longhaul.Sqlite;

/// <summary>One caller's write, run inside a transaction that it may share with others. It may be run again, so it must not change anything but the file.</summary>
internal abstract class WriteOperation
{
    /// <summary>About how many rows it writes: a transaction is kept short by it.</summary>
    public int Weight { get; init; } = 1;

    /// <summary>Whether it must be on the disk before it is answered.</summary>
    public bool Durable { get; init; } = true;

    /// <summary>What it is, for <see cref="SqliteOptions.FaultPoint"/>; null: nothing that crash tests ask for.</summary>
    public string? Kind { get; init; }

    /// <summary>Whether it brings new jobs, which must stop first when the disk is full.</summary>
    public bool Grows { get; init; }

    /// <summary>Whether its caller goes on in the thread pool.</summary>
    public abstract bool IsAwaited { get; }

    /// <summary>Asked once, before the first run. False: the caller has given it up, and has been told.</summary>
    public abstract bool Enter();

    public abstract void Run(Transaction transaction);

    /// <summary>The transaction has committed.</summary>
    public abstract void Succeed();

    public abstract void Fail(Exception exception);
}
