using System.Diagnostics;

namespace Longhaul.Architecture.Tests;

/// <summary>The files of this repository, wherever it was cloned to.</summary>
internal static class Repository
{
    private static readonly string[] BuildFolders = ["bin", "obj", ".git", "node_modules"];

    public static string Root { get; } = FindRoot();

    public static IReadOnlyList<string> ProjectFiles { get; } =
        [.. Directory.EnumerateFiles(Root, "*.csproj", SearchOption.AllDirectories).Where(IsSource).Order(StringComparer.Ordinal)];

    public static IEnumerable<string> SourceFiles(string folder) =>
        Directory.EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories).Where(IsSource);

    public static string Relative(string path) => Path.GetRelativePath(Root, path).Replace('\\', '/');

    /// <summary>What git tracks, or every file outside the build folders where there is no git.</summary>
    public static IReadOnlyList<string> TrackedFiles()
    {
        try
        {
            var start = new ProcessStartInfo("git", ["ls-files", "-z"]) { WorkingDirectory = Root, RedirectStandardOutput = true, RedirectStandardError = true };
            using var git = Process.Start(start)!;
            var output = git.StandardOutput.ReadToEnd();
            git.WaitForExit();
            if (git.ExitCode == 0)
            {
                return [.. output.Split('\0', StringSplitOptions.RemoveEmptyEntries)];
            }
        }
        catch (System.ComponentModel.Win32Exception)
        {
            // No git on this machine: a source archive. Its files are the tracked ones.
        }

        return [.. Directory.EnumerateFiles(Root, "*", SearchOption.AllDirectories).Where(IsSource).Select(Relative)];
    }

    private static bool IsSource(string path) => !Relative(path).Split('/').Any(BuildFolders.Contains);

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Longhaul.slnx")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException($"Longhaul.slnx must lie above {AppContext.BaseDirectory}, but was not found.");
    }
}
