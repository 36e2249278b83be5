using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Longhaul.Servers;

/// <summary>Starts servers as a user without rights: PostgreSQL and pgbouncer refuse to run as root.</summary>
internal static class ServerProcess
{
    public const string UnprivilegedUser = "nobody:nogroup";

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>A program in one of the folders, or in the PATH.</summary>
    public static string? Find(string name, IEnumerable<string> folders) => folders
        .Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)).Append("/usr/sbin")
        .Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    public static Process Start(string program, IEnumerable<string> arguments) => Process.Start(new ProcessStartInfo(program, arguments)
    {
        RedirectStandardInput = true,
        WorkingDirectory = "/",
    })!;

    /// <summary>Starts it in a session of its own: an interrupt at the terminal is not for it.</summary>
    public static Process StartUnprivileged(string program, IEnumerable<string> arguments, string log) => Process.Start(new ProcessStartInfo("setsid", [
        "sh", "-c", """log=$1; shift; exec "$@" >>"$log" 2>&1 </dev/null""", "sh", log, .. Unprivileged(program, arguments)])
    { WorkingDirectory = "/" })!;

    public static Task RunUnprivilegedAsync(string program, IEnumerable<string> arguments)
    {
        var line = Unprivileged(program, arguments).ToList();
        return RunAsync(line[0], line[1..]);
    }

    public static async Task RunAsync(string program, IEnumerable<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/" })!;
        var output = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"{program} must end with 0, but ended with {process.ExitCode}: {string.Concat(output)}"));
    }

    private static IEnumerable<string> Unprivileged(string program, IEnumerable<string> arguments)
    {
        var user = UnprivilegedUser.Split(':');
        return Environment.IsPrivilegedProcess ? ["setpriv", $"--reuid={user[0]}", $"--regid={user[1]}", "--clear-groups", program, .. arguments] : [program, .. arguments];
    }
}
