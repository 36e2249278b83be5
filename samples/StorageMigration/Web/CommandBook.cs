using System.Diagnostics.CodeAnalysis;
using StorageMigration.Commands;
using StorageMigration.Migration;

namespace StorageMigration.Web;

/// <summary>The commands that callers may run: the typed migration, and every verb of the program's own command line.</summary>
internal sealed class CommandBook
{
    public const string Migrate = MigrationStarter.Command;

    private readonly SortedDictionary<string, AllowedCommand> _commands = new(StringComparer.Ordinal);

    public CommandBook(CommandLine commands)
    {
        // Trees have an interface of their own, which keeps each caller to his own; their verb is for who has the machine.
        foreach (var command in commands.All.Where(static command => command.RunsAsJob))
            Add(command);
        Add(commands.Find(Migrate)!);
    }

    public IEnumerable<AllowedCommand> All => _commands.Values;

    public bool TryFind(string name, [NotNullWhen(true)] out AllowedCommand? command) => _commands.TryGetValue(name, out command);

    private void Add(ICommand command) => _commands[command.Name] = new AllowedCommand(command.Name, command.Description, command.Parameters);
}
