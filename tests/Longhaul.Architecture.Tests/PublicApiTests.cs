namespace Longhaul.Architecture.Tests;

/// <summary>What a package offers is a decision: the approved text changes in the same commit as the code.</summary>
public sealed class PublicApiTests
{
    private const string Accept = "LONGHAUL_ACCEPT_API";
    private const int LinesShown = 20;

    [Theory, MemberData(nameof(Packages.All), MemberType = typeof(Packages))]
    public void The_public_surface_is_the_approved_one(string package)
    {
        var file = Path.Combine(Repository.Root, "tests", "Longhaul.Architecture.Tests", "PublicApi", package + ".txt");
        var actual = PublicApi.Describe(Packages.Load(package));
        if (Environment.GetEnvironmentVariable(Accept) == "1")
        {
            File.WriteAllText(file, actual);
        }

        var approved = File.Exists(file) ? File.ReadAllText(file).ReplaceLineEndings("\n") : "";
        if (actual != approved)
        {
            Assert.Fail(Difference(package, approved, actual));
        }
    }

    private static string Difference(string package, string approved, string actual)
    {
        string[] before = approved.Split('\n'), now = actual.Split('\n');
        var lines = before.Except(now).Select(l => "- " + l.Trim()).Concat(now.Except(before).Select(l => "+ " + l.Trim())).ToArray();
        var rest = lines.Length > LinesShown ? $"\n… and {lines.Length - LinesShown} more" : "";

        return $"""
            The public surface of {package} differs from tests/Longhaul.Architecture.Tests/PublicApi/{package}.txt:
            {string.Join('\n', lines.Take(LinesShown))}{rest}
            If that is meant, accept it and commit the file:
              {Accept}=1 dotnet run -c Release --project tests/Longhaul.Architecture.Tests -- -method '*PublicApiTests*'
            """;
    }
}
