using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Longhaul.Storage;

namespace Longhaul.AspNetCore.ManyActions;

/// <summary>What failed alike: by job name, error type, and message without what differs from one job to the next.</summary>
internal static partial class ErrorGroup
{
    private const int MessageLength = 200;

    public static string? Of(JobRecord job) => job.Error is { } error ? Key(job.Name, error) : null;

    public static string Key(string name, JobError error) => KeyOf(name, error.Type, Message(error.Message));

    /// <param name="name">The job name.</param>
    /// <param name="type">The error's type.</param>
    /// <param name="message">From <see cref="Message"/>.</param>
    public static string KeyOf(string name, string type, string message)
        => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{name}\n{type}\n{message}")).AsSpan(0, 4));

    /// <summary>The message with quoted parts, paths, ids and numbers replaced.</summary>
    public static string Message(string message)
    {
        var line = message.Length > MessageLength * 2 ? message[..(MessageLength * 2)] : message;
        line = Variable.Replace(line.ReplaceLineEndings(" "), static match => match.ValueSpan[0] switch
        {
            '\'' => "'…'",
            '"' => "\"…\"",
            '/' => "/…",
            _ => "#",
        });
        return line.Length > MessageLength ? line[..MessageLength] : line;
    }

    [GeneratedRegex(
        """'[^']*'|"[^"]*"|(?<=^|[\s(=:])/[^\s,;)]+|\b[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b|\b0x[0-9a-fA-F]+\b|\b[0-9a-fA-F]{16,}\b|\d+([.,]\d+)*""",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 200)]
    private static partial Regex Variable { get; }
}
