namespace Longhaul.Load.Campaigns;

/// <summary>Where the sample is that the campaigns <c>migration</c>, <c>url</c>, <c>tree</c> and <c>stream</c> run.</summary>
internal static class MigrationProgram
{
    /// <summary>Its assembly.</summary>
    public static string Path => Named("LONGHAUL_MIGRATION_PROGRAM", "the storage migration");

    /// <summary>The assembly of its tests, which is also the sample with commands for them.</summary>
    public static string TestPath => Named("LONGHAUL_MIGRATION_TESTS", "the tests of the storage migration");

    /// <summary>The folder of the S3 server's script.</summary>
    public static string S3Scripts => Named("LONGHAUL_MIGRATION_S3", "the folder of the S3 server");

    private static string Named(string variable, string what)
        => Environment.GetEnvironmentVariable(variable) ?? throw new InvalidOperationException($"{variable} must name {what}; ./campaign sets it.");
}
