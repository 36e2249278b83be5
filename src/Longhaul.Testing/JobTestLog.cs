using Microsoft.Extensions.Logging;

namespace Longhaul.Testing;

/// <summary>A stored log line.</summary>
/// <param name="Level">How loud.</param>
/// <param name="Text">The line, with the exception's text behind it where there was one.</param>
public sealed record JobTestLog(LogLevel Level, string Text);
