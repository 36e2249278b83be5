using System.Security.Cryptography;

namespace Longhaul.AspNetCore.Sessions;

/// <summary>With what a browser that was opened with the token goes on, instead of the token.</summary>
/// <param name="Id">128 random bits in hexadecimal digits.</param>
/// <param name="Began">When it was opened, to the second.</param>
/// <param name="Seen">When it last asked for something, to the minute.</param>
internal sealed record Session(string Id, DateTimeOffset Began, DateTimeOffset Seen)
{
    /// <summary>It ends so long after its last request.</summary>
    public static readonly TimeSpan Idle = TimeSpan.FromHours(8);

    /// <summary>It ends so long after it began, whatever it asks for.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(7);

    private static readonly TimeSpan RenewedEvery = TimeSpan.FromMinutes(1);

    /// <summary>Hosts share sessions: the clock of the one that wrote it may be so far ahead of this one's.</summary>
    public static readonly TimeSpan Skew = TimeSpan.FromHours(1);

    public DateTimeOffset End => Began + Longest;

    /// <summary>When it ends unless it asks for something before.</summary>
    public DateTimeOffset NextEnd => Seen + Idle < End ? Seen + Idle : End;

    /// <summary>What people are told of it: enough to find its lines in the audit.</summary>
    public string ShortName => $"session {Id[..8]}";

    public static Session Begin(DateTimeOffset now) => new(RandomNumberGenerator.GetHexString(32, lowercase: true), now, now);

    /// <summary>Whether its times let it in. That nobody has ended it is another question.</summary>
    public bool IsOpenAt(DateTimeOffset now) => Began <= Seen && Seen <= now + Skew && now < NextEnd;

    /// <summary>Whether the cookie is to be written anew.</summary>
    public bool IsDueAt(DateTimeOffset now) => now - Seen > RenewedEvery;
}
