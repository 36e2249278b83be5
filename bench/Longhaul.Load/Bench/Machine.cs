using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Longhaul.Load.Bench;

/// <summary>Where figures come from, as far as it may be told: sizes and versions, no names, no paths.</summary>
internal sealed record Machine(int Cores, int MemoryGiB, string System, string Runtime)
{
    private const double BytesPerGiB = 1L << 30;

    public static Machine Here() => new(
        Environment.ProcessorCount,
        (int)Math.Round(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / BytesPerGiB),
        OperatingSystem.IsLinux() ? $"Linux {Environment.OSVersion.Version.ToString(2)}" : RuntimeInformation.OSDescription,
        $".NET {Environment.Version}");

    /// <summary>The commit that is measured; a plus says that the sources differ from it. The results themselves do not count.</summary>
    public static string Commit()
    {
        var commit = Git("rev-parse", "--short=10", "HEAD");
        if (commit.Length == 0)
            return "unknown";
        return Git("status", "--porcelain", "--untracked-files=no", "--", ".", ":(exclude)bench/results").Length == 0 ? commit : $"{commit}+";
    }

    private static string Git(params string[] arguments)
    {
        var root = Repository.Root;
        if (root is null)
            return "";
        try
        {
            using var git = Process.Start(new ProcessStartInfo("git", ["-C", root, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var output = git.StandardOutput.ReadToEnd();
            git.WaitForExit();
            return git.ExitCode == 0 ? output.Trim() : "";
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return ""; // no git here: figures are still worth having
        }
    }
}

/// <summary>The repository that this program was built in.</summary>
internal static class Repository
{
    public static string? Root { get; } = Find();

    private static string? Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Longhaul.slnx")))
                return folder.FullName;
        }

        return null;
    }
}
