namespace StorageMigration.Commands;

/// <summary>A verb of this program that does its work in this process and tells by lines how far it is. As a job it runs as a program of its own.</summary>
internal interface ICommand
{
    /// <summary>Such as <c>url-replacement/replace-s3-urls</c>.</summary>
    string Name { get; }

    /// <summary>What it does, in a few words.</summary>
    string Description { get; }

    /// <summary>What it takes beside <c>--dryRun</c>, by name, each with the regular expression that a whole value must match.</summary>
    IReadOnlyDictionary<string, string> Parameters { get; }

    /// <summary>How long it may run as a job.</summary>
    TimeSpan TimeLimit { get; }

    /// <summary>Its phases with their shares of the whole, in order.</summary>
    IReadOnlyDictionary<string, double> Phases { get; }

    /// <summary>
    /// Whether it does the work itself, so that a job can run it. Others enqueue a job of their own and show it: as the program of a job they would do
    /// no more than wait.
    /// </summary>
    bool RunsAsJob => true;

    /// <summary>Does it.</summary>
    /// <returns>The exit code: 0 when all was done.</returns>
    Task<int> RunAsync(CommandArguments arguments, CommandOutput output, CancellationToken cancellationToken);
}
