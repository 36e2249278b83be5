using System.Text;
using Longhaul.Storage;

namespace Longhaul.Cli.Output;

/// <summary>Payloads and results, short enough for a screen.</summary>
internal static class Payloads
{
    private const int ShownBytes = 2_000;

    /// <summary>The payload's size: secrets in it are masked only where its type is known.</summary>
    public static string Shown(JobRecord job) => Amount.Bytes(job.Payload.Length);

    public static string Short(ReadOnlySpan<byte> json) => json.Length <= ShownBytes
        ? Encoding.UTF8.GetString(json)
        : Encoding.UTF8.GetString(json[..ShownBytes]) + $"... ({Amount.Bytes(json.Length)})";
}
