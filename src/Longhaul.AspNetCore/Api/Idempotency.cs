using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Longhaul.AspNetCore.Access;
using Longhaul.AspNetCore.Problems;
using Longhaul.Jobs;
using Longhaul.Storage;
using Microsoft.AspNetCore.Http;

namespace Longhaul.AspNetCore.Api;

/// <summary>
/// Makes a repeated request one request. Before jobs are written, a note under the key says which body it is and which ids and nonce its jobs
/// have: whoever repeats it writes the same jobs, which the store knows. After they are written a second note says so, since a job may be gone
/// by the time of a repetition.
/// </summary>
internal sealed class Idempotency(LonghaulHttp http)
{
    public const string Header = "Idempotency-Key";

    private const int LongestKey = 200;
    private const int NoteLength = 32 + 8 + 8;

    private static readonly TimeSpan KeptFor = TimeSpan.FromHours(24);

    // A store without notes: within this process at least, and bounded.
    private readonly ConcurrentDictionary<string, byte[]> _own = new(StringComparer.Ordinal);

    /// <summary>What the jobs of a request are to be called.</summary>
    /// <param name="Key">The key of the note.</param>
    /// <param name="FirstId">The first of consecutive ids.</param>
    /// <param name="Seed">What the nonces come from.</param>
    /// <param name="Answer">What was answered; null: that is not known.</param>
    public sealed record Claim(string Key, long FirstId, long Seed, byte[]? Answer)
    {
        public JobId Id(int index) => new(FirstId + index);

        // An odd step: no two of a request are equal.
        public long Nonce(int index) => unchecked(Seed + (index * (long)0x9E3779B97F4A7C15));
    }

    /// <summary>The claim of a request; null: it carries no key.</summary>
    /// <exception cref="ApiProblem">The key is none, or was used for another body.</exception>
    public async Task<Claim?> ClaimAsync(HttpContext context, ReadOnlyMemory<byte> body, int jobs, CancellationToken cancellationToken)
    {
        var header = context.Request.Headers[Header];
        if (header.Count == 0)
            return null;
        if (header is not [{ Length: > 0 and <= LongestKey } text] || !StorageText.IsClean(text))
            throw ApiProblem.Invalid(Header, $"{Header} must be one text of 1–{LongestKey} characters, but was {Quoted.Text(header.ToString())}.");

        var key = "http:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{Caller.Of(context).Owner}\n{context.Request.Path}\n{text}")));
        var first = await http.Store.TakeIdsAsync(jobs, null, cancellationToken).ConfigureAwait(false);
        var note = new byte[NoteLength];
        SHA256.HashData(body.Span, note);
        BinaryPrimitives.WriteInt64LittleEndian(note.AsSpan(32), first.Value);
        BinaryPrimitives.WriteInt64LittleEndian(note.AsSpan(40), http.Instance.Writer.NextNonce());

        var kept = await KeepAsync(key, note, KeptFor, cancellationToken).ConfigureAwait(false);
        if (!kept.AsSpan(0, 32).SequenceEqual(note.AsSpan(0, 32)))
            throw ApiProblem.Idempotency($"{Header} must be a new one for another body, but was used within the last 24 h. Take a new key.");
        var answer = await KeepAsync(key + ":done", [], TimeSpan.Zero, cancellationToken).ConfigureAwait(false); // kept for no time: a look
        return new Claim(
            key, BinaryPrimitives.ReadInt64LittleEndian(kept.AsSpan(32)), BinaryPrimitives.ReadInt64LittleEndian(kept.AsSpan(40)), answer.Length == 0 ? null : answer);
    }

    /// <summary>Notes that the request was carried out.</summary>
    public Task DoneAsync(Claim claim, byte[] answer) => KeepAsync(claim.Key + ":done", answer, KeptFor, CancellationToken.None);

    private async Task<byte[]> KeepAsync(string key, byte[] note, TimeSpan keepFor, CancellationToken cancellationToken)
    {
        if (http.Store.Info.Capabilities.HasFlag(StoreCapabilities.Records))
            return (await http.Store.KeepNoteAsync(key, note, keepFor, cancellationToken).ConfigureAwait(false)).ToArray();
        if (keepFor == TimeSpan.Zero)
            return _own.GetValueOrDefault(key, note);
        if (_own.Count >= 100_000)
            _own.Clear();
        return _own.GetOrAdd(key, note);
    }
}
