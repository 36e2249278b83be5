using System.Diagnostics.CodeAnalysis;
using StorageMigration.Commands;
using StorageMigration.Migration;

namespace StorageMigration.Web;

/// <summary>The commands that callers may run: the typed migration, and every verb of the program's own command line.</summary>
internal sealed class CommandBook
{
    public const string Migrate = MigrationStarter.Command;

    private const string YesOrNo = "1|0|true|false";

    private static readonly AllowedCommand TypedMigration = new(
        Migrate,
        "Migrates the site's objects: inventory, copy, verify, switch, clean-up",
        new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["skipBackup"] = YesOrNo,
            ["skipInlineDetection"] = YesOrNo,
            ["resume"] = YesOrNo,
            ["checkpointId"] = MigrationIds.CheckpointPattern,
        });

    private readonly SortedDictionary<string, AllowedCommand> _commands = new(StringComparer.Ordinal);

    public CommandBook(CommandLine commands)
    {
        // Trees have an interface of their own, which keeps each caller to his own; their verb is for who has the machine.
        foreach (var command in commands.All.Where(static command => command.RunsAsJob))
            _commands[command.Name] = new AllowedCommand(command.Name, command.Description, command.Parameters);
        _commands[Migrate] = TypedMigration;
    }

    public IEnumerable<AllowedCommand> All => _commands.Values;

    public bool TryFind(string name, [NotNullWhen(true)] out AllowedCommand? command) => _commands.TryGetValue(name, out command);
}
