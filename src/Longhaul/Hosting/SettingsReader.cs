using Longhaul.Worker;
using Microsoft.Extensions.Configuration;

namespace Longhaul.Hosting;

/// <summary>Makes the options of a Longhaul: code first, then what is set from outside; then checks them.</summary>
internal static class SettingsReader
{
    private const string NamedSection = "Stores";
    private const string WorkerSection = "Worker";
    private const string ProcessSection = "Processes";

    public static (LonghaulOptions Options, WorkerOptions Worker) Read(LonghaulSetup setup, Settings settings, List<string> problems)
    {
        var options = new LonghaulOptions();
        if (setup.Name is null && settings.Value("QUEUE_DEFAULT") is { } queue)
            options.DefaultQueue = queue;
        var worker = new WorkerOptions();
        foreach (var configure in setup.Options)
            configure(options);
        foreach (var configure in setup.Worker)
            configure(worker);

        if (settings.Section(setup.Name) is { } section)
            Bind(section, setup, options, worker, problems);
        options.Validate(problems);
        if (setup.HasWorker)
            problems.AddRange(WorkerOptionsValidator.Problems(worker));
        return (options, worker);
    }

    private static void Bind(IConfigurationSection section, LonghaulSetup setup, LonghaulOptions options, WorkerOptions worker, List<string> problems)
    {
        var binder = new OptionsBinder(options);
        foreach (var child in section.GetChildren())
        {
            if (Is(child, WorkerSection))
                BindWorker(child, worker, problems);
            else if (Is(child, ProcessSection))
                BindProcesses(child, setup, problems);
            else if (!Is(child, NamedSection) && !setup.Sections.Contains(child.Key))
                binder.Set(child, problems, [WorkerSection, ProcessSection, NamedSection, .. setup.Sections]);
        }
    }

    private static void BindWorker(IConfigurationSection section, WorkerOptions worker, List<string> problems)
    {
        var binder = new OptionsBinder(worker, ("Queues", nameof(WorkerOptions.QueueNames)));
        foreach (var child in section.GetChildren())
            binder.Set(child, problems, []);
    }

    private static void BindProcesses(IConfigurationSection section, LonghaulSetup setup, List<string> problems)
    {
        foreach (var entry in section.GetChildren())
        {
            if (!setup.Processes.TryGetValue(entry.Key, out var process))
                setup.Processes.Add(entry.Key, process = new ProcessEntry());
            var binder = new OptionsBinder(process);
            foreach (var child in entry.GetChildren())
                binder.Set(child, problems, []);
        }
    }

    private static bool Is(IConfigurationSection section, string key) => section.Key.Equals(key, StringComparison.OrdinalIgnoreCase);
}
