namespace Longhaul.Load.Campaigns;

/// <summary>Where the sample is that the campaigns <c>migration</c>, <c>url</c> and <c>tree</c> run.</summary>
internal static class MigrationProgram
{
    /// <summary>Its assembly.</summary>
    public static string Path => Named("LONGHAUL_MIGRATION_PROGRAM", "the storage migration");

    /// <summary>The folder of the S3 server's script.</summary>
    public static string S3Scripts => Named("LONGHAUL_MIGRATION_S3", "the folder of the S3 server");

    private static string Named(string variable, string what)
        => Environment.GetEnvironmentVariable(variable) ?? throw new InvalidOperationException($"{variable} must name {what}; ./campaign sets it.");
}
