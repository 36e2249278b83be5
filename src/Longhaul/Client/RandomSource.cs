using System.Security.Cryptography;

namespace Longhaul.Client;

/// <summary>
/// Random 64-bit numbers for any number of threads, a few nanoseconds each: SplitMix64 over a counter, seeded by the operating system.
/// They tell writes apart; they are no secret.
/// </summary>
internal sealed class RandomSource
{
    private const ulong Step = 0x9E3779B97F4A7C15;

    private ulong _state = Seed();

    private static ulong Seed()
    {
        Span<byte> seed = stackalloc byte[sizeof(ulong)];
        RandomNumberGenerator.Fill(seed);
        return BitConverter.ToUInt64(seed);
    }

    /// <summary>A number that is not 0.</summary>
    public long Next()
    {
        var z = Interlocked.Add(ref _state, Step);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        z ^= z >> 31;
        return z != 0 ? (long)z : 1;
    }

    /// <summary>A share from 0 up to, not including, 1.</summary>
    public double NextShare() => (ulong)Next() / (ulong.MaxValue + 1.0);
}
