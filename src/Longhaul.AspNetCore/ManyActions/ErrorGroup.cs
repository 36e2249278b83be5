using System.Security.Cryptography;
using System.Text;
using Longhaul.Storage;

namespace Longhaul.AspNetCore.ManyActions;

/// <summary>What failed alike: by job name, error type, and message without what differs from one job to the next.</summary>
internal static class ErrorGroup
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
        // Tens of thousands are read for one list of groups: an expression that finds the same takes thirty times as long.
        var line = (message.Length > MessageLength * 2 ? message[..(MessageLength * 2)] : message).ReplaceLineEndings(" ");
        var plain = new StringBuilder(line.Length);
        for (var at = 0; at < line.Length && plain.Length < MessageLength;)
        {
            var (length, mark) = VariablePart.At(line, at);
            _ = length == 0 ? plain.Append(line[at]) : plain.Append(mark);
            at += Math.Max(length, 1);
        }

        return plain.Length > MessageLength ? plain.ToString(0, MessageLength) : plain.ToString();
    }
}
