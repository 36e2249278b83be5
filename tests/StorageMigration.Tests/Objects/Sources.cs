namespace StorageMigration.Tests.Objects;

/// <summary>Where the sources are.</summary>
internal static class Sources
{
    public static string Root { get; } = Find();

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Longhaul.slnx")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException($"Longhaul.slnx must lie above {AppContext.BaseDirectory}, but was not found.");
    }
}
