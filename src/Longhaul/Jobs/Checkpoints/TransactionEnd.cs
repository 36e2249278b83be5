namespace Longhaul.Jobs;

/// <summary>What is known of a transaction in which a checkpoint was saved.</summary>
internal enum TransactionEnd
{
    /// <summary>The memory says what the store says.</summary>
    Known,

    /// <summary>Unknown until the handler goes on, which means that it was committed.</summary>
    InDoubt,

    /// <summary>Unknown for the rest of the run.</summary>
    Undecided,
}
