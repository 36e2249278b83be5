using System.Security.Cryptography;
using System.Text;
using Longhaul;

namespace PhotoIngest.Jobs;

/// <summary>At most one job of a kind at a time for a photo or folder: whoever asks again gets the one that is there.</summary>
internal static class Once
{
    private const int LongestKey = 256;

    public static EnqueueOptions For(string subject) => new() { UniqueKey = subject.Length <= LongestKey ? subject : Hash(subject) };

    private static string Hash(string subject) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(subject)));
}
