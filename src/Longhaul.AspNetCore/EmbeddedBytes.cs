using System.Reflection;

namespace Longhaul.AspNetCore;

/// <summary>Files in the assembly.</summary>
internal static class EmbeddedBytes
{
    private static readonly Assembly Assembly = typeof(EmbeddedBytes).Assembly;

    public static IEnumerable<string> Names => Assembly.GetManifestResourceNames();

    /// <summary>The bytes of a file; null: there is none.</summary>
    public static byte[]? Read(string name)
    {
        using var stream = Assembly.GetManifestResourceStream(name);
        if (stream is null)
            return null;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
