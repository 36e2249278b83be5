using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using Longhaul.Storage;

namespace Longhaul.Worker;

/// <summary>Refuses wrong settings at start, each with what must hold, what was found and what to do.</summary>
internal static class WorkerOptionsValidator
{
    /// <exception cref="ArgumentException">Lists all that is wrong.</exception>
    public static void Check(WorkerOptions options)
    {
        if (Problems(options) is { Count: > 0 } wrong)
            throw new ArgumentException(string.Join(Environment.NewLine, wrong), nameof(options));
    }

    /// <summary>All that is wrong; empty: nothing.</summary>
    public static IReadOnlyList<string> Problems(WorkerOptions options)
    {
        var wrong = new List<string>();
        foreach (var property in typeof(WorkerOptions).GetProperties())
        {
            if (property.GetCustomAttribute<RangeAttribute>() is { } range && property.GetValue(options) is { } value && !range.IsValid(value))
                wrong.Add(string.Create(CultureInfo.InvariantCulture, $"Worker.{property.Name} must be from {range.Minimum} to {range.Maximum}, but was {value}. Correct it, or leave it out for the default."));
        }

        AtLeast(options.Heartbeat, TimeSpan.FromMilliseconds(10), nameof(options.Heartbeat));
        AtLeast(options.PollInterval, TimeSpan.FromMilliseconds(1), nameof(options.PollInterval));
        AtLeast(options.FlushInterval, TimeSpan.FromMilliseconds(10), nameof(options.FlushInterval));
        AtLeast(options.ShutdownTimeout, TimeSpan.Zero, nameof(options.ShutdownTimeout));
        AtLeast(options.TimeoutGrace, TimeSpan.Zero, nameof(options.TimeoutGrace));
        AtLeast(options.Timeout, TimeSpan.FromMilliseconds(1), nameof(options.Timeout));
        AtLeast(options.TimeSlice, TimeSpan.FromMilliseconds(1), nameof(options.TimeSlice));
        AtLeast(options.MaxTime, TimeSpan.FromMilliseconds(1), nameof(options.MaxTime));
        // The lease is renewed at every fifth beat, and one of those may fail.
        if (options.Lease < options.Heartbeat * 6)
            wrong.Add($"Worker.Lease must be at least six times Worker.Heartbeat ({options.Heartbeat * 6}), but was {options.Lease}. Raise Lease or lower Heartbeat.");
        if (options.QueueNames is { Count: 0 })
            wrong.Add("Worker.Queues must name at least one queue, but the list was empty. Name some, or leave it out to work all queues.");
        foreach (var queue in options.QueueNames ?? [])
        {
            if (!JobLimits.IsName(queue))
                wrong.Add($"A queue of Worker.Queues must be 1-128 characters of A-Z a-z 0-9 . _ - : /, but was '{StorageText.Clean(queue ?? "", 140)}'. Rename it.");
        }

        if (options.QueueNames is { } names && names.Distinct(StringComparer.Ordinal).Count() != names.Count)
            wrong.Add("Worker.Queues must name each queue once, but some are there twice. The order of the list is the order of work.");
        return wrong;

        void AtLeast(TimeSpan? value, TimeSpan least, string name)
        {
            if (value < least)
                wrong.Add($"Worker.{name} must be at least {least}, but was {value}. Correct it, or leave it out for the default.");
        }
    }
}
