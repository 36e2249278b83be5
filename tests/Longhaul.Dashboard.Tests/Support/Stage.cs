using System.Collections.Concurrent;

namespace Longhaul.Dashboard.Tests;

/// <summary>What the test jobs wait for: a test lets them go on, item by item.</summary>
internal sealed class Stage
{
    private readonly ConcurrentDictionary<string, SemaphoreSlim> _gates = new(StringComparer.Ordinal);

    /// <summary>Whether what failed works now.</summary>
    public bool Mended { get; set; }

    /// <summary>Ends when a run has been told to stop: the one way to know that no further item will begin.</summary>
    public TaskCompletionSource Told { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Allow(string gate, int items) => Gate(gate).Release(items);

    public Task PassAsync(string gate, CancellationToken cancellationToken) => Gate(gate).WaitAsync(cancellationToken);

    private SemaphoreSlim Gate(string name) => _gates.GetOrAdd(name, static _ => new SemaphoreSlim(0));
}
