using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Longhaul.Diagnostics;

/// <summary>How long store calls take.</summary>
internal sealed class StoreMetrics
{
    private readonly Histogram<double> _duration;

    public StoreMetrics(IMeterFactory factory, TimeProvider time)
    {
        Time = time;
        _duration = factory.Create(JobMetrics.MeterName).CreateHistogram<double>("longhaul.store.call.duration", "s", "How long calls of the store take, by operation.");
    }

    public TimeProvider Time { get; }

    public bool Enabled => _duration.Enabled;

    public void Took(string operation, string? driver, TimeSpan time, Exception? error)
    {
        var tags = new TagList { { "longhaul.store.operation", operation } };
        if (driver is not null)
            tags.Add("longhaul.store.driver", driver);
        if (error is not null)
            tags.Add("error.type", error.GetType().Name);
        _duration.Record(time.TotalSeconds, tags);
    }
}
