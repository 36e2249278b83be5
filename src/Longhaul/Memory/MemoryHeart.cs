using Longhaul.Storage;

namespace Longhaul.Memory;

/// <summary>The heart of a session of the memory store: a tick is a call under its lock.</summary>
internal sealed class MemoryHeart(MemoryStore store, SessionId session) : IHeart
{
    public BeatAnswer Beat(Beat beat)
    {
        ArgumentNullException.ThrowIfNull(beat);
        return store.Beat(session, beat);
    }

    public void Dispose()
    {
    }
}
