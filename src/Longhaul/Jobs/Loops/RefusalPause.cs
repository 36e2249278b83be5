namespace Longhaul.Jobs;

/// <summary>How long a loop waits when the other side refuses and does not say for how long: 1 s, 2, 4 … 5 min.</summary>
internal static class RefusalPause
{
    /// <summary>The share of the pace that is left after a refusal.</summary>
    public const double Factor = 0.5;

    private static readonly TimeSpan First = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    public static TimeSpan After(int refusals)
    {
        var wait = First * Math.Pow(2, Math.Min(refusals - 1, 20));
        return wait < Longest ? wait : Longest;
    }
}
