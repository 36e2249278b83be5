using Longhaul.Sqlite;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Longhaul.Proof;

/// <summary>A worker that runs programs as jobs.</summary>
internal static class ProgramWorker
{
    public const string Verb = "program-worker";

    public const string Command = "work";

    /// <summary>Says lines of 100 bytes, as many bytes as its parameter says.</summary>
    public const string FloodCommand = "flood";

    /// <summary>A process below it and one in a session of its own, both deaf to SIGTERM; then steps, each with a cursor.</summary>
    private const string Script = """
        old=$(cat "pid.$1" 2>/dev/null)
        [ -n "$old" ] && tr '\0' '\n' 2>/dev/null <"/proc/$old/environ" | grep -qxF "LONGHAUL_JOB=$LONGHAUL_JOB" && echo "$1" >>overlaps
        echo $$ >"pid.$1"
        sh -c 'trap "" TERM; exec sleep 1000' &
        setsid sh -c 'trap "" TERM; exec sleep 1000' &
        at=${2#after=}; at=${at:-0}
        while [ "$at" -lt 40 ]; do
          at=$((at + 1))
          echo "$at" >>"steps.$1"
          echo "{\"done\":$at,\"total\":40,\"cursor\":\"$at\"}"
          sleep 0.05
        done
        """;

    public static async Task<int> RunAsync(WorkerSettings settings)
    {
        var script = Path.Combine(settings.Folder, "script.sh");
        if (!File.Exists(script))
            await File.WriteAllTextAsync(script, Script);
        var entry = new ProcessEntry
        {
            Executable = "/bin/sh",
            WorkingFolder = settings.Folder,
            Arguments = { "script.sh", "{number}", "after={cursor}" },
            Parameters = { ["number"] = "[0-9]{1,9}" },
            Grace = TimeSpan.FromMilliseconds(200),
        };
        var flood = new ProcessEntry
        {
            Executable = "/bin/sh",
            Arguments = { "-c", $"yes {new string('x', 99)} | head -c \"$1\"", "sh", "{bytes}" },
            Parameters = { ["bytes"] = "[0-9]{1,12}" },
        };
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.AddProvider(new FileLoggerProvider(Path.Combine(settings.Folder, $"{settings.Name}.log")));
        builder.Services.AddLonghaul(longhaul => longhaul
            .UseStore(_ => new SqliteStore(new SqliteOptions { Path = settings.Store }))
            .AddProcesses(processes =>
            {
                processes.Add(Command, entry);
                processes.Add(FloodCommand, flood);
            })
            .AddWorker(worker =>
            {
                worker.Name = settings.Name;
                worker.Concurrency = settings.Concurrency;
                worker.Heartbeat = TimeSpan.FromSeconds(settings.HeartbeatSeconds);
            }));
        using var host = builder.Build();
        await host.RunAsync();
        return Environment.ExitCode;
    }
}
