namespace Longhaul.Storage;

/// <summary>What a store can promise. A test of the conformance suite that needs a missing one is skipped by its name.</summary>
[Flags]
public enum StoreCapabilities
{
    /// <summary>Nothing beyond the contract.</summary>
    None = 0,

    /// <summary>Enqueue and checkpoint can commit in the caller's own <see cref="System.Data.Common.DbTransaction"/>.</summary>
    Transactions = 1,

    /// <summary>One order over the whole queue, not one per shard.</summary>
    GlobalOrder = 2,

    /// <summary>What was accepted survives the end of the process (and, as its docs state, of the machine).</summary>
    Durability = 4,

    /// <summary>Several processes can share the store.</summary>
    ManyProcesses = 8,

    /// <summary>Keeps an audit, and notes under a key, for interfaces such as the HTTP API.</summary>
    Records = 16,
}

/// <summary>What a store is called and can do.</summary>
/// <param name="Driver">Its short name: <c>memory</c>, <c>sqlite</c>, …</param>
/// <param name="Address">Where it is, for people, without secrets.</param>
/// <param name="Capabilities">What it can promise.</param>
public sealed record StoreInfo(string Driver, string Address, StoreCapabilities Capabilities);

/// <summary>How much room a part of the store takes.</summary>
/// <param name="Name">Of what: <c>file</c>, <c>wal</c>, <c>database</c>, …</param>
/// <param name="Bytes">How many bytes.</param>
public sealed record StoreSize(string Name, long Bytes);

/// <summary>A store refused or could not do what it was asked. Nothing was half done unless the message says so.</summary>
public class StoreException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">What must hold, what was found, what to do.</param>
    /// <param name="innerException">The driver's own error.</param>
    public StoreException(string message, Exception? innerException = null) : base(message, innerException) { }

    /// <summary>Whether the same call may succeed later without anybody's help. Workers retry those with back-off.</summary>
    public bool IsTransient { get; init; }

    /// <summary>Whether its disk is full: somebody must make room.</summary>
    public bool IsFull { get; init; }
}

/// <summary>Another program held the store's lock for longer than the store waits.</summary>
public sealed class StoreBusyException : StoreException
{
    /// <inheritdoc cref="StoreException(string, Exception?)"/>
    public StoreBusyException(string message, Exception? innerException = null) : base(message, innerException) => IsTransient = true;
}

/// <summary>The store cannot be reached or opened now.</summary>
public sealed class StoreUnavailableException : StoreException
{
    /// <inheritdoc cref="StoreException(string, Exception?)"/>
    public StoreUnavailableException(string message, Exception? innerException = null) : base(message, innerException) => IsTransient = true;
}
