using StorageMigration.Commands;

namespace StorageMigration.Urls;

/// <summary>Lists in which tables and columns the source's address is, however it is written. Changes nothing.</summary>
internal sealed class ScanUrlsCommand(SiteWork site) : ICommand
{
    public string Name => "extended-url-replacement/scan";

    public string Description => "Lists where the source's address is in the site's texts, in every form";

    public IReadOnlyDictionary<string, string> Parameters => SiteWork.MappedParameters;

    public TimeSpan TimeLimit => SiteWork.TimeLimit;

    public IReadOnlyDictionary<string, double> Phases => SiteWork.Phases;

    public Task<int> RunAsync(CommandArguments arguments, CommandOutput output, CancellationToken cancellationToken)
        => site.ShowAsync("holds", showsAfter: false, new ColumnRewriter(site.Mapped(arguments).Forms), arguments, output, cancellationToken);
}
