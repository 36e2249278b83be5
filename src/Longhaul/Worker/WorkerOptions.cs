using System.ComponentModel.DataAnnotations;

namespace Longhaul;

/// <summary>How a worker works. A wrong value stops the host at start with a message that names it.</summary>
public sealed class WorkerOptions
{
    /// <summary>The queues in order; null (default): all, by rank (critical, high, default and others, low, maintenance).</summary>
    public IReadOnlyList<string>? QueueNames { get; set; }

    /// <summary>Sets <see cref="QueueNames"/>.</summary>
    /// <param name="queues">In order; at least one.</param>
    public WorkerOptions Queues(params string[] queues)
    {
        QueueNames = queues;
        return this;
    }

    /// <summary>Shown name; default <c>WORKER_ID</c>, else host and process id. Every start is a new worker to the store, whatever it is called.</summary>
    public string? Name { get; set; }

    /// <summary>Runs at once; default processors × 2, at least 4.</summary>
    [Range(1, 100_000)]
    public int Concurrency { get; set; } = Math.Max(4, Environment.ProcessorCount * 2);

    /// <summary>Slots apart for jobs that are marked <see cref="JobAttribute.LongRunning"/>, beside <see cref="Concurrency"/>; default 0: they share the slots.</summary>
    [Range(0, 100_000)]
    public int LongSlots { get; set; }

    /// <summary>Short jobs (lately under 50 ms) claimed ahead for each slot; default 8. 0: none.</summary>
    [Range(0, 1_000)]
    public int Prefetch { get; set; } = 8;

    /// <summary>How often to look for work behind notifications; default 5 s.</summary>
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a stopping worker lets its runs go on before it hands them back; default 25 s. Jobs with safe points are interrupted at once.</summary>
    public TimeSpan ShutdownTimeout { get; set; } = TimeSpan.FromSeconds(25);

    /// <summary>Total run time after which a run is an error, for jobs that say nothing themselves unless <see cref="OverrideJobs"/>; default none.</summary>
    public TimeSpan? Timeout { get; set; }

    /// <summary>Attempts in all, for jobs that say nothing themselves unless <see cref="OverrideJobs"/>.</summary>
    [Range(1, 1_000)]
    public int? MaxAttempts { get; set; }

    /// <summary>Whether <see cref="Timeout"/> and <see cref="MaxAttempts"/> win over what a job says, as <c>--timeout</c> and <c>--tries</c> do.</summary>
    public bool OverrideJobs { get; set; }

    /// <summary>A run that can be interrupted gives way after this long when others of its queue have waited for more than that; default off.</summary>
    public TimeSpan? TimeSlice { get; set; }

    /// <summary>Takes turns so that no queue and no priority starves; default off.</summary>
    public bool Fair { get; set; }

    /// <summary>Over this resident memory in MB the worker finishes its runs and ends with exit code 12; default none.</summary>
    [Range(1, 1 << 24)]
    public int? MemoryLimitMegabytes { get; set; }

    /// <summary>Ends in order after so many runs.</summary>
    [Range(1, long.MaxValue)]
    public long? MaxJobs { get; set; }

    /// <summary>Ends in order after this long.</summary>
    public TimeSpan? MaxTime { get; set; }

    /// <summary>Ends in order when nothing is due.</summary>
    public bool StopWhenEmpty { get; set; }

    /// <summary>Ends with exit code 13, after draining, when code of a timed-out run does not end.</summary>
    public bool ExitWhenCodeHangs { get; set; }

    /// <summary>How long the worker's lease lasts from each renewal; default 30 s. At least six heartbeats.</summary>
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How often the heart ticks; every fifth tick renews the lease. Default 1 s.</summary>
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How old progress, a cursor and logs may become before they are in the store; default 2 s. The flush begins when nine tenths of it are over.</summary>
    public TimeSpan FlushInterval { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long code may go on after its run's time is over before the run is settled without it; default 30 s.</summary>
    public TimeSpan TimeoutGrace { get; set; } = TimeSpan.FromSeconds(30);
}
