using System.Reflection;

namespace Longhaul.Conformance;

/// <summary>Which suites there are, and which the list of them forgot.</summary>
public static class ConformanceSuite
{
    /// <summary>All suites: the abstract classes that hold tests.</summary>
    public static IReadOnlyList<Type> All { get; } =
    [
        .. typeof(ConformanceSuite).Assembly.GetTypes()
            .Where(static type => type is { IsAbstract: true, IsGenericTypeDefinition: true } && type != typeof(ConformanceTest<>) && Inherits(type, typeof(ConformanceTest<>)))
            .OrderBy(static type => type.Name, StringComparer.Ordinal),
    ];

    /// <summary>The suites that no class of an assembly inherits, by name.</summary>
    public static IReadOnlyList<string> MissingFrom(Assembly assembly)
    {
        ArgumentNullException.ThrowIfNull(assembly);
        var tests = assembly.GetTypes().Where(static type => type is { IsAbstract: false, IsPublic: true }).ToList();
        return [.. All.Where(suite => !tests.Exists(type => Inherits(type, suite))).Select(static suite => suite.Name.Split('`')[0])];
    }

    private static bool Inherits(Type type, Type definition)
    {
        for (var ancestor = type.BaseType; ancestor is not null; ancestor = ancestor.BaseType)
        {
            if (ancestor.IsGenericType && ancestor.GetGenericTypeDefinition() == definition)
                return true;
        }

        return false;
    }
}
