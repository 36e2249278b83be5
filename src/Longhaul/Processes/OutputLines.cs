using System.Text;
using Longhaul.Jobs;

namespace Longhaul.Processes;

/// <summary>Cuts a stream of output into lines, in bounded memory: what a line has over 8 KiB is dropped, and a carriage return alone ends one, too.</summary>
internal static class OutputLines
{
    private const int Longest = JobLimits.LogLineLength;

    /// <summary>Reads to the end.</summary>
    public static async Task ReadAsync(Stream output, Action<string> take, CancellationToken cancellationToken)
    {
        var bytes = new byte[16 << 10];
        var chars = new char[Encoding.UTF8.GetMaxCharCount(bytes.Length)];
        var decoder = Encoding.UTF8.GetDecoder();
        var line = new StringBuilder();
        var wasReturn = false;
        for (int read; (read = await output.ReadAsync(bytes, cancellationToken).ConfigureAwait(false)) > 0;)
        {
            var count = decoder.GetChars(bytes, 0, read, chars, 0);
            Cut(chars.AsSpan(0, count));
        }

        if (line.Length > 0)
            take(line.ToString());

        void Cut(ReadOnlySpan<char> text)
        {
            while (!text.IsEmpty)
            {
                var end = text.IndexOfAny('\n', '\r');
                var part = end < 0 ? text : text[..end];
                line.Append(part[..Math.Min(part.Length, Longest - line.Length)]);
                if (end < 0)
                {
                    wasReturn &= part.IsEmpty;
                    return;
                }

                // "\r\n" is one end; what redraws its line ("10%\r20%\r") says a line each time.
                if (!(wasReturn && text[end] == '\n' && line.Length == 0))
                    End();
                wasReturn = text[end] == '\r';
                text = text[(end + 1)..];
            }
        }

        void End()
        {
            take(line.ToString());
            line.Clear();
        }
    }
}
