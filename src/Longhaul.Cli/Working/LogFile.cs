using System.Runtime.InteropServices;
using System.Text;

namespace Longhaul.Cli.Working;

/// <summary>A file that lines are appended to, opened anew on SIGHUP: so that logrotate can move it away.</summary>
internal sealed class LogFile : TextWriter
{
    private readonly string _path;
    private readonly Lock _lock = new();
    private readonly PosixSignalRegistration? _hangup;
    private StreamWriter _file;

    public LogFile(string path)
    {
        _path = path;
        _file = Open(path);
        if (!OperatingSystem.IsWindows())
        {
            _hangup = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
            {
                context.Cancel = true;
                Reopen();
            });
        }
    }

    public override Encoding Encoding => _file.Encoding;

    /// <summary>Goes on in a new file of the same name.</summary>
    public void Reopen()
    {
        lock (_lock)
        {
            StreamWriter next;
            try
            {
                next = Open(_path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                _file.WriteLine($"{_path} could not be opened anew, going on here: {e.Message}");
                return;
            }

            _file.Dispose();
            _file = next;
        }
    }

    public override void Write(char value)
    {
        lock (_lock)
            _file.Write(value);
    }

    public override void WriteLine(string? value)
    {
        lock (_lock)
            _file.WriteLine(value);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _hangup?.Dispose();
            _file.Dispose();
        }

        base.Dispose(disposing);
    }

    private static StreamWriter Open(string path)
        => new(new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete), new UTF8Encoding(false)) { AutoFlush = true };
}
