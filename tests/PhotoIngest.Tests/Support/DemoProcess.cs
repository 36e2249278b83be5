using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;
using PhotoIngest.Library;

namespace PhotoIngest.Tests;

/// <summary><c>./demo</c> as a process of its own, to be stopped and killed.</summary>
internal sealed partial class DemoProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    private readonly Process _process;
    private readonly Lock _gate = new();
    private readonly List<string> _lines = [];
    private readonly Task _output;
    private readonly Task<string> _error;

    public DemoProcess(params string[] arguments) : this(root: null, ["demo", .. arguments])
    {
    }

    private DemoProcess(string? root, string[] arguments)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "PhotoIngest.dll");
        var start = new ProcessStartInfo("dotnet", [program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        if (root is not null)
            start.Environment["Photos__Root"] = root;
        _process = Process.Start(start)!;
        _output = ReadAsync();
        _error = _process.StandardError.ReadToEndAsync(Cancel);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Another verb of the same program, on the library in a folder.</summary>
    public static DemoProcess Verb(string root, string[] arguments) => new(root, arguments);

    /// <summary>Waits until so many photos are in the library.</summary>
    public async Task IngestedAsync(string root, int count)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (Count(root) < count)
        {
            _process.HasExited.ShouldBeFalse("it ended before there was enough to see");
            TimeProvider.System.GetElapsedTime(start).ShouldBeLessThan(Patience, $"waited in vain for {count} photos");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Cancel);
        }
    }

    /// <summary>SIGKILL, to this process alone.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(Cancel);
    }

    public void Terminate() => Signal(_process.Id, 15).ShouldBe(0);

    /// <summary>Waits for its end.</summary>
    public async Task<(int ExitCode, string[] Lines, string Error)> EndAsync()
    {
        await _process.WaitForExitAsync(Cancel).WaitAsync(Patience, Cancel);
        await _output;
        return (_process.ExitCode, [.. _lines.Where(static line => line.Length > 0)], await _error);
    }

    /// <summary>Waits for a line that begins so.</summary>
    public async Task<string> LineAsync(string beginning)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            lock (_gate)
            {
                if (_lines.Find(line => line.StartsWith(beginning, StringComparison.Ordinal)) is { } found)
                    return found;
            }

            _process.HasExited.ShouldBeFalse($"it ended without a line that begins with '{beginning}'");
            TimeProvider.System.GetElapsedTime(start).ShouldBeLessThan(Patience, $"waited in vain for '{beginning}'");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Cancel);
        }
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }

    private async Task ReadAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync(Cancel) is { } line)
        {
            lock (_gate)
                _lines.Add(line);
        }
    }

    private static long Count(string root)
    {
        var database = Path.Combine(root, "photos.db");
        if (!File.Exists(database))
            return 0;
        try
        {
            using var connection = new SqliteConnection($"Data Source={database};Mode=ReadOnly;Pooling=False");
            connection.Open();
            return connection.Query("SELECT count(*) FROM images", row => row.GetInt64(0)).Single();
        }
        catch (SqliteException)
        {
            return 0; // not made yet
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Signal(int process, int signal);
}
