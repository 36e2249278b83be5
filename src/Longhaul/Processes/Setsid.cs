namespace Longhaul.Processes;

/// <summary>Debian's and busybox's program that runs another one as the leader of a session of its own, in the same process.</summary>
internal static class Setsid
{
    private static readonly string[] Places = ["/usr/bin/setsid", "/bin/setsid"];

    public static string Path { get; } = Places.FirstOrDefault(File.Exists) ?? Places[0];

    public static bool IsThere => File.Exists(Path);
}
