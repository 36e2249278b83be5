using StorageMigration.Commands;

namespace StorageMigration.Urls;

/// <summary>Replaces the source's address inside JSON, in whatever column it is, also where JSON is a string inside JSON.</summary>
internal sealed class ReplaceJsonUrlsCommand(SiteWork site) : ICommand
{
    public string Name => "extended-url-replacement/replace-json";

    public string Description => "Replaces the source's address in the strings of JSON, and leaves all else as it is";

    public IReadOnlyDictionary<string, string> Parameters => SiteWork.MappedParameters;

    public TimeSpan TimeLimit => SiteWork.TimeLimit;

    public IReadOnlyDictionary<string, double> Phases => SiteWork.Phases;

    public Task<int> RunAsync(CommandArguments arguments, CommandOutput output, CancellationToken cancellationToken)
    {
        var (mapping, forms) = site.Mapped(arguments);
        return site.ReplaceAsync(Name, mapping, new ColumnRewriter(forms, onlyJson: true), arguments, output, cancellationToken);
    }
}
