namespace Longhaul.Cli.Output;

/// <summary>A progress bar in characters.</summary>
internal static class ProgressBar
{
    public static string Text(double fraction, int width, bool unicode)
    {
        fraction = double.IsFinite(fraction) ? Math.Clamp(fraction, 0, 1) : 0;
        var full = (int)Math.Floor(fraction * width);
        return unicode
            ? new string('█', full) + new string('░', width - full)
            : new string('#', full) + new string('-', width - full);
    }
}
