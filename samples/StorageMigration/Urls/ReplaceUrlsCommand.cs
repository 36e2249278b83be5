using StorageMigration.Commands;

namespace StorageMigration.Urls;

/// <summary>Replaces the source's address in every form in which a text may have it.</summary>
internal sealed class ReplaceUrlsCommand(SiteWork site) : ICommand
{
    public string Name => "extended-url-replacement/replace";

    public string Description => "Replaces the source's address in every form: schemes, styles of S3, escaped, encoded";

    public IReadOnlyDictionary<string, string> Parameters => SiteWork.MappedParameters;

    public TimeSpan TimeLimit => SiteWork.TimeLimit;

    public IReadOnlyDictionary<string, double> Phases => SiteWork.Phases;

    public Task<int> RunAsync(CommandArguments arguments, CommandOutput output, CancellationToken cancellationToken)
    {
        var (mapping, forms) = site.Mapped(arguments);
        return site.ReplaceAsync(Name, mapping, new ColumnRewriter(forms), arguments, output, cancellationToken);
    }
}
