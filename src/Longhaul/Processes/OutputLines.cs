using System.Text;
using Longhaul.Storage;

namespace Longhaul.Processes;

/// <summary>Cuts a stream of output into lines, in bounded memory: what a line has over 8 KiB is dropped, and a carriage return alone ends one, too.</summary>
internal static class OutputLines
{
    /// <summary>The most lines that come between two calls of <c>breathe</c>: all of them empty.</summary>
    public const int MostAtOnce = 3 << 10;

    private const int Longest = JobLimits.LogLineLength;

    /// <summary>Reads to the end.</summary>
    /// <param name="output">What a program writes.</param>
    /// <param name="take">Gets each line.</param>
    /// <param name="breathe">Awaited between two pieces: while it waits nothing is read, and the program waits, too, once its pipe is full.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public static async Task ReadAsync(Stream output, Action<string> take, Func<ValueTask> breathe, CancellationToken cancellationToken)
    {
        var bytes = new byte[MostAtOnce];
        var chars = new char[Encoding.UTF8.GetMaxCharCount(bytes.Length)];
        var decoder = Encoding.UTF8.GetDecoder();
        var line = new StringBuilder();
        var wasReturn = false;
        for (int read; (read = await output.ReadAsync(bytes, cancellationToken).ConfigureAwait(false)) > 0;)
        {
            var count = decoder.GetChars(bytes, 0, read, chars, 0);
            Cut(chars.AsSpan(0, count));
            await breathe().ConfigureAwait(false);
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
