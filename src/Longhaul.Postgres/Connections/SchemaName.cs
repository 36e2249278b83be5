using System.Buffers;
using System.Text;

namespace Longhaul.Postgres;

/// <summary>The name of the schema, in the forms in which statements need it.</summary>
internal sealed class SchemaName
{
    /// <summary>A name of PostgreSQL has 63 bytes, and the channel's has three more than the schema's.</summary>
    private const int MostBytes = 60;

    /// <summary>What would end the quotes around a name, or a function's body.</summary>
    private static readonly SearchValues<char> Refused = SearchValues.Create("\"'$\\{}");

    public SchemaName(string name)
    {
        if (name.Length == 0 || Encoding.UTF8.GetByteCount(name) > MostBytes || name.AsSpan().ContainsAny(Refused) || name.Any(char.IsControl)
            || name.StartsWith("pg_", StringComparison.OrdinalIgnoreCase))
        {
            throw new ArgumentException(
                $"The schema's name must have 1 to {MostBytes} bytes, no quote, backslash, $, brace or control character, and not begin with pg_, but was '{name}'; choose another.");
        }

        Name = name;
    }

    public string Name { get; }

    /// <summary>As an identifier.</summary>
    public string Quoted => $"\"{Name}\"";

    /// <summary>Of NOTIFY and LISTEN.</summary>
    public string Channel => $"lh_{Name}";

    /// <summary>Fills the placeholders of a text: <c>{schema}</c> the quoted name, <c>{schema_text}</c> and <c>{channel_text}</c> as literals.</summary>
    public string Fill(string sql) => sql
        .Replace("{schema}", Quoted, StringComparison.Ordinal)
        .Replace("{schema_text}", $"'{Name}'", StringComparison.Ordinal)
        .Replace("{channel_text}", $"'{Channel}'", StringComparison.Ordinal);
}
