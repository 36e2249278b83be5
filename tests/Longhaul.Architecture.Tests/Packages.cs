using System.Reflection;

namespace Longhaul.Architecture.Tests;

/// <summary>The assemblies of the packages under src.</summary>
internal static class Packages
{
    public static readonly string[] Names =
        [.. Repository.ProjectFiles.Where(p => Repository.Relative(p).StartsWith("src/", StringComparison.Ordinal)).Select(p => Path.GetFileNameWithoutExtension(p))];

    public static TheoryData<string> All { get; } = [.. Names];

    public static Assembly Load(string name) => Assembly.Load(new AssemblyName(name));
}
