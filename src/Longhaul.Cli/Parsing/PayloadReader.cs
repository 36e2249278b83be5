using System.Text;
using System.Text.Json;
using Longhaul.Storage;

namespace Longhaul.Cli.Parsing;

/// <summary>Finds the payload of a job to be pushed, and refuses what is none before anything is written.</summary>
internal static class PayloadReader
{
    public static async Task<ReadOnlyMemory<byte>> ReadAsync(CliConsole console, string? text, string? file, CancellationToken cancellationToken)
    {
        if (text is not null && file is not null)
            throw CliException.WrongUse("--payload and --payload-file do not go together");

        var (json, where) = (text, file) switch
        {
            ("-", _) => (await ReadAllAsync(console.OpenInput(), "standard input", cancellationToken).ConfigureAwait(false), "standard input"),
            (_, { } path) => (await ReadFileAsync(path, cancellationToken).ConfigureAwait(false), Output.Shown.Line(path)),
            _ => (Encoding.UTF8.GetBytes(text ?? "{}"), "--payload"),
        };
        Check(json.Span, where);
        return json;
    }

    private static async Task<ReadOnlyMemory<byte>> ReadFileAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            var stream = File.OpenRead(path);
            await using (stream.ConfigureAwait(false))
                return await ReadAllAsync(stream, path, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw CliException.WrongUse($"--payload-file: {e.Message}");
        }
    }

    /// <summary>Reads one byte more than the limit at most, however much there is.</summary>
    private static async Task<ReadOnlyMemory<byte>> ReadAllAsync(Stream stream, string where, CancellationToken cancellationToken)
    {
        var buffer = new byte[JobLimits.PayloadBytes + 1];
        var length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        if (length > JobLimits.PayloadBytes)
            throw TooLarge(where);
        return buffer.AsMemory(0, length);
    }

    private static void Check(ReadOnlySpan<byte> json, string where)
    {
        if (json.Length > JobLimits.PayloadBytes)
            throw TooLarge(where);
        if (json.TrimStart(" \t\r\n"u8).IsEmpty)
            throw CliException.WrongUse($"the payload from {where} is empty", "give JSON, such as {}");
        try
        {
            var reader = new Utf8JsonReader(json);
            while (reader.Read()) { }
        }
        catch (JsonException e)
        {
            // The message of the reader may quote the payload.
            throw CliException.WrongUse($"the payload from {where} is not JSON, at line {e.LineNumber + 1}, byte {e.BytePositionInLine}");
        }
    }

    private static CliException TooLarge(string where)
        => CliException.WrongUse($"the payload from {where} is over the limit of {Output.Amount.Bytes(JobLimits.PayloadBytes)}", "keep large data elsewhere and push where it is");
}
