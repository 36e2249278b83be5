using Longhaul;

namespace PhotoIngest.Jobs;

/// <summary>At most one job of a kind at a time for a photo or folder: whoever asks again gets the one that is there.</summary>
internal static class Once
{
    public static EnqueueOptions For(string subject) => new() { UniqueKey = subject };
}
