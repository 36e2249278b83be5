namespace Longhaul.Jobs;

/// <summary>How fast a number has grown lately: over a sliding window of about 30 s of the monotonic clock.</summary>
internal sealed class RateWindow
{
    private const double WindowSeconds = 30;
    private const double Spacing = 0.5;
    private const double ShortestSpan = 0.05;
    private const int Capacity = 64;

    private (double At, double Value)[] _samples = []; // made at the first value: most runs are too short to have one
    private int _first;
    private int _count;

    /// <summary>Keeps a value. Values that come closer than half a second after each other are not all kept.</summary>
    public void Add(double seconds, double value)
    {
        if (_count > 0 && value < Last.Value)
            _count = 0; // it was set back: the past says nothing
        if (_count > 0 && seconds - Last.At < Spacing)
            return;
        if (_samples.Length == 0)
            _samples = new (double, double)[Capacity];
        if (_count == Capacity)
            DropFirst();
        _samples[(_first + _count++) % Capacity] = (seconds, value);
        while (_count > 1 && seconds - _samples[(_first + 1) % Capacity].At >= WindowSeconds)
            DropFirst(); // one sample of at least the window's age stays, so that a slow beat of samples has one to compare with
    }

    /// <summary>Units a second up to this value; null: too early to say.</summary>
    public double? Rate(double seconds, double value)
    {
        if (_count == 0)
            return null;
        var (at, from) = _samples[_first];
        var span = seconds - at;
        return span < ShortestSpan || value < from ? null : (value - from) / span;
    }

    private (double At, double Value) Last => _samples[(_first + _count - 1) % Capacity];

    private void DropFirst()
    {
        _first = (_first + 1) % Capacity;
        _count--;
    }
}
