namespace Longhaul.Jobs;

/// <summary>What a loop's workers wait for around each item.</summary>
internal interface ILoopGuard
{
    /// <summary>Before an item is fetched: throttling.</summary>
    ValueTask BeforeFetchAsync();

    /// <summary>Before its body starts: the lease, full buffers.</summary>
    ValueTask BeforeBodyAsync();

    /// <summary>No further item starts: ends all waiting for room.</summary>
    void Close();
}
