using Longhaul.Jobs;
using Longhaul.Storage;

namespace Longhaul.Hosting;

/// <summary>What the calls on a <see cref="LonghaulBuilder"/> have gathered, until the host starts.</summary>
internal sealed class LonghaulSetup(string? name)
{
    public string? Name { get; } = name;

    public List<HandlerRegistration> Handlers { get; } = [];

    public List<Type> Middleware { get; } = [];

    public List<Action<LonghaulOptions>> Options { get; } = [];

    public List<Action<WorkerOptions>> Worker { get; } = [];

    public bool HasWorker { get; set; }

    /// <summary>Makes the store that the code names; null: the settings name it.</summary>
    public Func<IServiceProvider, IJobStore>? Store { get; set; }

    /// <summary>Whether jobs run in their caller's flow.</summary>
    public bool IsSync { get; set; }

    public StoreCatalog Stores { get; } = new();

    /// <summary>Sections under <c>Longhaul:</c> that other packages read.</summary>
    public HashSet<string> Sections { get; } = new(StringComparer.OrdinalIgnoreCase);

    public JobTypes Types { get; } = new();

    /// <summary>The programs that jobs may run, by name.</summary>
    public Dictionary<string, ProcessEntry> Processes { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether this host runs programs as jobs.</summary>
    public bool HasProcesses { get; set; }
}
