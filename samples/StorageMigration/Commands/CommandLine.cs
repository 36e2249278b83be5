namespace StorageMigration.Commands;

/// <summary>Runs a command by its name.</summary>
internal sealed class CommandLine(IEnumerable<ICommand> commands)
{
    private const string Module = "s3-spaces-migration/";

    private readonly Dictionary<string, ICommand> _commands = commands.ToDictionary(static command => command.Name, StringComparer.Ordinal);

    /// <summary>By its name, also with the seed's module before it.</summary>
    public ICommand? Find(string name) => _commands.GetValueOrDefault(name.StartsWith(Module, StringComparison.Ordinal) ? name[Module.Length..] : name);

    public IEnumerable<ICommand> All => _commands.Values.OrderBy(static command => command.Name, StringComparer.Ordinal);

    /// <returns>The exit code; 2 where it was called wrongly.</returns>
    public async Task<int> RunAsync(ICommand command, string[] args, TextWriter output, TextWriter errors, CancellationToken cancellationToken)
    {
        try
        {
            var arguments = new CommandArguments(args);
            string[] known = [.. command.Parameters.Keys, CommandArguments.DryRunName, CommandArguments.CursorName];
            if (arguments.Names.FirstOrDefault(name => !known.Contains(name, StringComparer.Ordinal)) is { } unknown)
                throw new ArgumentException($"{command.Name} takes {string.Join(", ", known.Order(StringComparer.Ordinal).Select(static name => "--" + name))}, but not --{unknown}.", nameof(args));
            return await command.RunAsync(arguments, new CommandOutput(output), cancellationToken);
        }
        catch (Exception e) when (e is ArgumentException or DirectoryNotFoundException)
        {
            await errors.WriteLineAsync(e.Message);
            return 2;
        }
    }
}
