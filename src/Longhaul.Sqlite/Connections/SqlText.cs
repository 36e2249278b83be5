using System.Collections.Frozen;
using System.Reflection;

namespace Longhaul.Sqlite;

/// <summary>
/// The statements of <c>Sql/*.sql</c>. A file holds those of one verb, each after a line <c>-- name: X</c>, and is asked for as <c>File.X</c>.
/// </summary>
internal static class SqlText
{
    private const string Marker = "-- name: ";
    private static readonly FrozenDictionary<string, string> Statements = Load();

    public static string Of(string name) => Statements[name];

    public static string Resource(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private static FrozenDictionary<string, string> Load()
    {
        const string prefix = "Longhaul.Sqlite.Sql.";
        var statements = new Dictionary<string, string>();
        foreach (var resource in Assembly.GetExecutingAssembly().GetManifestResourceNames().Where(static n => n.StartsWith(prefix, StringComparison.Ordinal)))
        {
            var file = resource[prefix.Length..^".sql".Length];
            foreach (var part in Resource(resource).Split(Marker).Skip(1))
            {
                var end = part.IndexOf('\n');
                statements.Add($"{file}.{part[..end].Trim()}", part[(end + 1)..].Trim());
            }
        }

        return statements.ToFrozenDictionary();
    }
}
