using System.Collections.Frozen;

namespace Longhaul.Jobs;

/// <summary>The kinds of job that this program handles, by name and alias.</summary>
internal sealed class JobRegistry
{
    private readonly FrozenDictionary<string, JobDefinition> _definitions;

    private JobRegistry(Dictionary<string, JobDefinition> definitions)
    {
        _definitions = definitions.ToFrozenDictionary(StringComparer.Ordinal);
        Names = [.. definitions.Keys.Order(StringComparer.Ordinal)];
        Definitions = [.. definitions.Values.Distinct().OrderBy(static d => d.Name, StringComparer.Ordinal)];
    }

    /// <summary>A program that only enqueues.</summary>
    public static JobRegistry Empty { get; } = new([]);

    /// <summary>All names and aliases, one list object for the life of the program.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Each kind once.</summary>
    public IReadOnlyList<JobDefinition> Definitions { get; }

    /// <summary>What handles jobs of this name or alias; null: nothing here.</summary>
    public JobDefinition? Find(string name) => _definitions.GetValueOrDefault(name);

    /// <summary>Puts definitions together; a name taken twice is a problem.</summary>
    public static JobRegistry From(IReadOnlyList<JobDefinition> definitions, List<string> problems)
    {
        var byName = new Dictionary<string, JobDefinition>(StringComparer.Ordinal);
        foreach (var definition in definitions)
        {
            foreach (var name in definition.Type.Aliases.Prepend(definition.Name))
            {
                if (byName.TryAdd(name, definition))
                    continue;
                var other = byName[name];
                problems.Add(other.Type.Type == definition.Type.Type
                    ? $"A payload type must have one handler, but {definition.Type.Type} (\"{name}\") has two. Remove one AddHandler call, or let one handler call the other."
                    : $"A job name must belong to one payload type, but \"{name}\" is {Role(name, other)} of {other.Type.Type} and {Role(name, definition)} of {definition.Type.Type}. Rename one in its [Job] attribute.");
                break;
            }
        }

        return new JobRegistry(byName);
    }

    private static string Role(string name, JobDefinition definition) => name == definition.Name ? "the name" : "an alias";
}
