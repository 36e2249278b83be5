namespace PhotoIngest.Imaging;

/// <summary>One run of a program.</summary>
/// <param name="Program">Found by <c>PATH</c>.</param>
/// <param name="Arguments">One string each: no shell reads them.</param>
/// <param name="Limit">After this long it is killed.</param>
internal sealed record ToolCall(string Program, IReadOnlyList<string> Arguments, TimeSpan Limit)
{
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();
}

/// <summary>How it ended, and the beginning of what it said.</summary>
internal sealed record ToolResult(int ExitCode, string Output, string Error);

/// <summary>A tool is missing, hangs or dies. Nothing is known about the photo, so the job is tried again.</summary>
internal sealed class ToolException(string message, Exception? innerException = null) : Exception(message, innerException);
