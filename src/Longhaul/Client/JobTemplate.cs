using Longhaul.Jobs;
using Longhaul.Storage;

namespace Longhaul.Client;

/// <summary>All of a new job but what each has of its own: its id, nonce, payload and description.</summary>
internal sealed class JobTemplate(NewJob common, DescriptionTemplate? description, Func<string, bool> isSecret)
{
    /// <summary>Whether jobs of it must be written one by one and alone.</summary>
    public bool IsUnique => common.Unique is not null;

    public NewJob Make(JobId id, long nonce, ReadOnlyMemory<byte> payload, string? traceParent) => common with
    {
        Id = id,
        Nonce = nonce,
        Payload = payload,
        Description = description?.Fill(payload.Span, isSecret),
        TraceParent = traceParent,
    };
}
