namespace Longhaul.Jobs;

/// <summary>A loop, asked for its progress when it is flushed instead of telling it item by item.</summary>
internal interface IProgressSource
{
    /// <summary>Items done, over all runs.</summary>
    double Done { get; }

    /// <summary>Items in all, where known.</summary>
    double? Total { get; }

    /// <summary>A number that changes with every item done.</summary>
    long Version { get; }
}
