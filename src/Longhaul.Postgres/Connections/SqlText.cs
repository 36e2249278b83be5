using System.Collections.Frozen;
using System.Reflection;

namespace Longhaul.Postgres;

/// <summary>
/// The statements of <c>Sql/*.sql</c> for one schema. A file holds those of one subject, each after a line <c>-- name: X</c>, and is asked for as <c>File.X</c>.
/// </summary>
internal sealed class SqlText(SchemaName schema)
{
    private const string Marker = "-- name: ";
    private const string Root = "Longhaul.Postgres.";
    private static readonly FrozenDictionary<string, string> Statements = Load();

    private readonly FrozenDictionary<string, string> _own = Statements.ToFrozenDictionary(static s => s.Key, s => schema.Fill(s.Value));

    public string this[string name] => _own[name];

    /// <summary>The texts of a folder, by name.</summary>
    public static IReadOnlyList<string> Folder(string folder) =>
    [
        .. Assembly.GetExecutingAssembly().GetManifestResourceNames()
            .Where(n => n.StartsWith($"{Root}{folder}.", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(Resource),
    ];

    private static string Resource(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private static FrozenDictionary<string, string> Load()
    {
        const string prefix = $"{Root}Sql.";
        var statements = new Dictionary<string, string>();
        foreach (var resource in Assembly.GetExecutingAssembly().GetManifestResourceNames().Where(static n => n.StartsWith(prefix, StringComparison.Ordinal)))
        {
            var file = resource[prefix.Length..^".sql".Length];
            foreach (var part in Resource(resource).Split(Marker).Skip(1))
            {
                var end = part.IndexOf('\n', StringComparison.Ordinal);
                statements.Add($"{file}.{part[..end].Trim()}", part[(end + 1)..].Trim());
            }
        }

        return statements.ToFrozenDictionary();
    }
}
