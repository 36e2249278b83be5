using System.Text;

namespace Longhaul.Benchmarks;

/// <summary>A payload of 100 bytes of JSON.</summary>
[Job("bench.no-op")]
internal sealed record Payload(string Text)
{
    public static Payload Sample { get; } = new(new string('x', 89));

    public static byte[] Json { get; } = Encoding.UTF8.GetBytes($$"""{"text":"{{Sample.Text}}"}""");
}
