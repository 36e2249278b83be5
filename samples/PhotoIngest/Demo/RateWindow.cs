namespace PhotoIngest.Demo;

/// <summary>The speed over the last ten seconds.</summary>
internal sealed class RateWindow(TimeProvider time)
{
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(10);

    private readonly Queue<(long At, int Count)> _looks = new();

    public double Add(int count)
    {
        var now = time.GetTimestamp();
        _looks.Enqueue((now, count));
        while (_looks.Count > 2 && time.GetElapsedTime(_looks.Peek().At, now) > Length)
            _looks.Dequeue();
        var (at, before) = _looks.Peek();
        var seconds = time.GetElapsedTime(at, now).TotalSeconds;
        return seconds > 0 ? (count - before) / seconds : 0;
    }
}
