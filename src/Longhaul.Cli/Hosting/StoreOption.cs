namespace Longhaul.Cli.Hosting;

/// <summary>What was given as <c>--store</c>.</summary>
internal static class StoreOption
{
    /// <summary>It, when it is the address of a store at all. Checked here, so that the answer names the option and not a variable.</summary>
    /// <exception cref="CliException">It is none.</exception>
    public static string Checked(string url)
    {
        try
        {
            _ = StoreUrl.Parse(url);
            return url;
        }
        catch (ArgumentException e)
        {
            throw CliException.WrongUse($"--store: {e.Message}");
        }
    }
}
