using Longhaul.Jobs;
using Longhaul.Storage;

namespace Longhaul.Client;

/// <summary>All of a new job but what each has of its own: its id, nonce, payload and description.</summary>
internal sealed class JobTemplate(NewJob common, DescriptionTemplate? description, Func<string, bool> isSecret)
{
    public string Name => common.Name;

    public string Queue => common.Queue;

    public NewJob Make(JobId id, long nonce, ReadOnlyMemory<byte> payload, string? traceParent) => common with
    {
        Id = id,
        Nonce = nonce,
        Payload = payload,
        Description = description?.Fill(payload.Span, isSecret),
        TraceParent = traceParent,
    };
}
