using System.Text;

namespace Longhaul.Load.Bench;

/// <summary>The payload of all benchmarks: 100 bytes of JSON.</summary>
internal static class Payloads
{
    public const int Size = 100;

    private static readonly string Filling = new('x', Size - """{"text":""}""".Length);

    /// <summary>As an object for Longhaul, which turns it into JSON each time.</summary>
    public static NoOp Job { get; } = new(Filling);

    /// <summary>As the bytes that the limit writes.</summary>
    public static byte[] Bytes { get; } = Encoding.UTF8.GetBytes($$"""{"text":"{{Filling}}"}""");

    public static IEnumerable<NoOp> Many(int count) => Enumerable.Repeat(Job, count);
}

[Job("bench.no-op")]
internal sealed record NoOp(string Text);
