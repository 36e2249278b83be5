using System.Diagnostics;
using System.Text;

namespace PhotoIngest.Imaging;

/// <summary>One exiftool that stays open: starting it costs 100 to 200 ms, a question to a running one about 10.</summary>
internal sealed class ExifToolProcess : IDisposable
{
    private static readonly string Config = Path.Combine(AppContext.BaseDirectory, "Imaging", "exiftool.config");

    private readonly Process _process;
    private readonly StringBuilder _answer = new();
    private readonly char[] _buffer = new char[16 * 1024];
    private int _question;

    public ExifToolProcess()
    {
        // -config comes first: it also keeps a user's own configuration out.
        string[] arguments = ["-config", Config, "-stay_open", "True", "-@", "-"];
        _process = ToolProcess.Start(new ProcessStartInfo("exiftool", arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        });
        _process.ErrorDataReceived += (_, _) => { }; // drained, not kept: what matters is in the answer
        _process.BeginErrorReadLine();
    }

    /// <summary>Asks one question. When it throws, the process is of no more use.</summary>
    /// <exception cref="ToolException">It has ended.</exception>
    public async Task<string> AskAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var ready = $"{{ready{++_question}}}";
        var question = string.Join('\n', [.. arguments, $"-execute{_question}", ""]);
        try
        {
            await _process.StandardInput.WriteAsync(question.AsMemory(), cancellationToken);
            await _process.StandardInput.FlushAsync(cancellationToken);
        }
        catch (IOException e)
        {
            throw new ToolException("exiftool has ended", e);
        }

        _answer.Clear();
        while (!IsComplete(ready))
        {
            var read = await _process.StandardOutput.ReadAsync(_buffer, cancellationToken);
            if (read == 0)
                throw new ToolException("exiftool has ended");
            _answer.Append(_buffer, 0, read);
        }

        return _answer.ToString(0, _answer.Length - ready.Length - 1);
    }

    public void Dispose()
    {
        Kill();
        _process.Dispose();
    }

    internal void Kill()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended already.
        }
    }

    private bool IsComplete(string ready)
    {
        var end = _answer.Length - ready.Length - 1;
        return end >= 0 && _answer[^1] == '\n' && _answer.ToString(end, ready.Length) == ready;
    }
}
