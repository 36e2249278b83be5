namespace PhotoIngest.Demo;

/// <summary>A line when something has changed.</summary>
internal sealed class LineView(TextWriter output) : IProgressView
{
    public TimeSpan Interval => TimeSpan.FromSeconds(2);

    public Task ShowAsync(Func<Action<Standing>, Task> watch)
    {
        Standing? last = null;
        return watch(standing =>
        {
            if (standing.Counts != last?.Counts)
                output.WriteLine(standing.ToLine());
            last = standing;
        });
    }
}
