using StorageMigration.Commands;

namespace StorageMigration.Urls;

/// <summary>Puts the target's address in the place of the source's, as the configuration has them, in all texts of the site.</summary>
internal sealed class ReplaceS3UrlsCommand(SiteWork site) : ICommand
{
    public string Name => "url-replacement/replace-s3-urls";

    public string Description => "Replaces the source's address by the target's in the site's texts";

    public IReadOnlyDictionary<string, string> Parameters => SiteWork.Parameters;

    public TimeSpan TimeLimit => SiteWork.TimeLimit;

    public IReadOnlyDictionary<string, double> Phases => SiteWork.Phases;

    public Task<int> RunAsync(CommandArguments arguments, CommandOutput output, CancellationToken cancellationToken)
    {
        var mapping = site.Configured();
        return site.ReplaceAsync(Name, mapping, new ColumnRewriter(AddressForms.Exact(mapping), leaves: site.EveryForm(mapping)), arguments, output, cancellationToken);
    }
}
