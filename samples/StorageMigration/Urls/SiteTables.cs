namespace StorageMigration.Urls;

/// <summary>The replacement's own tables in the site's database.</summary>
internal static class SiteTables
{
    public const string Runs = "url_replacement_runs";
    public const string State = "url_replacement_state";
    public const string Backup = "url_replacement_backup";

    public static bool IsOurs(string name) => name is Runs or State or Backup;
}
