using Longhaul.Storage;

namespace Longhaul.AspNetCore.Sessions;

/// <summary>
/// Which sessions somebody has ended. A note in the store says it to all hosts, and each looks for it at most once in five seconds for a session,
/// however many ask; once a second while the store fails. A store without notes: only the host that ended it knows.
/// </summary>
internal sealed class EndedSessions(IJobStore store, TimeProvider time)
{
    /// <summary>So many answers are kept, and so many sessions where the store keeps no notes.</summary>
    public const int Most = 1_000;

    private static readonly TimeSpan KeptFor = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FailureKeptFor = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Look> _looks = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DateTimeOffset> _own = new(StringComparer.Ordinal);

    /// <summary>An answer, perhaps on its way.</summary>
    /// <param name="HasEnded">It.</param>
    /// <param name="At">When it was asked for: it tells of nothing later.</param>
    private sealed record Look(Task<bool> HasEnded, long At);

    /// <summary>How many answers are kept now.</summary>
    public int Kept
    {
        get
        {
            lock (_gate)
                return _looks.Count;
        }
    }

    private bool StoreKeepsNotes => store.Info.Capabilities.HasFlag(StoreCapabilities.Records);

    /// <summary>Ends a session: here at once, at other hosts within five seconds.</summary>
    /// <exception cref="StoreException">The store is away: the session has not ended.</exception>
    public async Task EndAsync(Session session)
    {
        // Whoever asked may have gone: it ends all the same. And it has ended for as long as any host's clock could let it in.
        if (StoreKeepsNotes)
            await store.KeepNoteAsync(Key(session), new byte[1], Session.Longest + Session.Skew, CancellationToken.None).ConfigureAwait(false);
        lock (_gate)
        {
            if (!StoreKeepsNotes)
                Remember(session);
            Put(session, new Look(Task.FromResult(true), time.GetTimestamp()));
        }
    }

    /// <summary>Whether somebody has ended the session.</summary>
    /// <exception cref="StoreException">The store is away: nobody knows.</exception>
    public Task<bool> ContainsAsync(Session session, CancellationToken cancellationToken) => LookFor(session).HasEnded.WaitAsync(cancellationToken);

    /// <summary>Whether this host knows already that somebody has ended the session.</summary>
    public bool Knows(Session session)
    {
        lock (_gate)
            return _looks.TryGetValue(session.Id, out var look) && look.HasEnded is { IsCompletedSuccessfully: true, Result: true };
    }

    /// <summary>Waits for the session's end: by its times, if it asks for nothing more, or because somebody has ended it. While the store is away it goes on.</summary>
    public async Task WaitForAsync(Session session, CancellationToken cancellationToken)
    {
        while (session.NextEnd - time.GetUtcNow() is { Ticks: > 0 } left)
        {
            var look = LookFor(session);
            try
            {
                if (await look.HasEnded.WaitAsync(cancellationToken).ConfigureAwait(false))
                    return;
            }
            catch (StoreException)
            {
                // The next look may tell.
            }

            // When this answer is too old, so that all who wait for the session share the next.
            var rest = KeptFor - time.GetElapsedTime(look.At);
            await Task.Delay(TimeSpan.FromTicks(Math.Clamp(rest.Ticks, TimeSpan.TicksPerSecond, Math.Max(left.Ticks, TimeSpan.TicksPerSecond))), time, cancellationToken).ConfigureAwait(false);
        }
    }

    private static string Key(Session session) => "session-ended:" + session.Id;

    private Look LookFor(Session session)
    {
        lock (_gate)
        {
            if (_looks.TryGetValue(session.Id, out var known) && IsFresh(known))
                return known;
            var look = new Look(AskAsync(session), time.GetTimestamp());
            Put(session, look);
            return look;
        }
    }

    private bool IsFresh(Look look) => time.GetElapsedTime(look.At) < (look.HasEnded.IsFaulted ? FailureKeptFor : KeptFor);

    private async Task<bool> AskAsync(Session session)
    {
        if (!StoreKeepsNotes)
            return _own.ContainsKey(session.Id); // under the lock still
        await Task.Yield(); // out of the lock
        return await store.FindNoteAsync(Key(session), CancellationToken.None).ConfigureAwait(false) is not null;
    }

    private void Put(Session session, Look look)
    {
        if (_looks.Count >= Most)
            _looks.Clear(); // the store knows: they are asked for again
        _looks[session.Id] = look;
    }

    private void Remember(Session session)
    {
        if (_own.Count >= Most)
            _own.Remove(_own.MinBy(static each => each.Value).Key); // whose time is over first
        _own[session.Id] = session.End;
    }
}
