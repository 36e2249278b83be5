using Microsoft.Extensions.Options;

namespace PhotoIngest.Imaging;

/// <summary>Looks, before the work begins, whether vips and exiftool are there.</summary>
internal sealed class ToolCheck(IOptions<PhotoOptions> options, TimeProvider time)
{
    private static readonly ToolCall[] Calls = [new("vips", ["--version"], default), new("exiftool", ["-ver"], default)];

    /// <exception cref="ToolException">One is missing; the message says what to install.</exception>
    public Task RunAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(Calls.Select(call => ToolProcess.RunAsync(call with { Limit = options.Value.ToolLimit }, time, cancellationToken)));
}
