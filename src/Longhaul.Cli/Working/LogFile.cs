using System.Runtime.InteropServices;
using System.Text;

namespace Longhaul.Cli.Working;

/// <summary>
/// A file that lines are appended to, opened anew on SIGHUP: so that logrotate can move it away. Several processes may share one.
/// What cannot be written, on a full disk say, is lost: that is said once among the errors, and work goes on.
/// </summary>
internal sealed class LogFile : TextWriter
{
    private readonly string _path;
    private readonly TextWriter _error;
    private readonly Func<string, Stream> _open;
    private readonly Lock _lock = new();
    private readonly PosixSignalRegistration? _hangup;
    private Stream _file;
    private bool _losing;

    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be opened.</exception>
    public LogFile(string path, TextWriter error, Func<string, Stream>? open = null)
    {
        _path = path;
        _error = error;
        _open = open ?? AppendStream.Open;
        _file = _open(path);
        if (!OperatingSystem.IsWindows())
        {
            _hangup = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
            {
                context.Cancel = true;
                Reopen();
            });
        }
    }

    public override Encoding Encoding { get; } = new UTF8Encoding(false);

    /// <summary>Goes on in a new file of the same name.</summary>
    public void Reopen()
    {
        lock (_lock)
        {
            try
            {
                var next = _open(_path);
                _file.Dispose();
                _file = next;
            }
            catch (Exception e) when (IsOfFiles(e))
            {
                Append($"{_path} could not be opened anew, going on here: {e.Message}\n");
            }
        }
    }

    public override void Write(char value) => Append(value.ToString());

    public override void Write(string? value) => Append(value);

    public override void WriteLine(string? value) => Append(value + "\n");

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _hangup?.Dispose();
            lock (_lock)
                _file.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>In one write, so that lines of several processes do not mix.</summary>
    private void Append(string? text)
    {
        lock (_lock)
        {
            try
            {
                _file.Write(Encoding.GetBytes(_losing ? $"\n(lines before this one could not be written)\n{text}" : text ?? ""));
                _losing = false;
            }
            catch (Exception e) when (IsOfFiles(e))
            {
                if (_losing)
                    return;
                _losing = true;
                Tell($"longhaul: {_path} cannot be written, so its lines are lost until it can be again: {e.Message}");
            }
        }
    }

    private void Tell(string line)
    {
        try
        {
            _error.WriteLine(line);
        }
        catch (Exception e) when (IsOfFiles(e))
        {
            // Nobody is left to be told; the jobs are more than the talk about them.
        }
    }

    /// <summary>A file over the largest size that is allowed is an <see cref="ArgumentException"/>; one that is closed has nothing more to take.</summary>
    private static bool IsOfFiles(Exception e) => e is IOException or UnauthorizedAccessException or ArgumentException or ObjectDisposedException;
}
