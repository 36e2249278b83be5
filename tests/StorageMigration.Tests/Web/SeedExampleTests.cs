using System.Diagnostics;
using System.Text.Json;
using Longhaul.Storage;

namespace StorageMigration.Tests.Web;

/// <summary>The examples that the seed prints, run in Node against the application.</summary>
[Trait("Part", "samples"), Trait("Store", "sqlite")]
public sealed class SeedExampleTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly TempFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void The_examples_are_those_of_the_seed()
    {
        var examples = SeedExample.All();

        examples.Count.ShouldBe(11);
        examples.Count(static example => example.PrintsToken).ShouldBe(4);
        examples.Count(static example => example.Posts && !example.PrintsToken).ShouldBe(6);
    }

    [Fact]
    public async Task In_Node_those_without_a_token_are_refused_and_the_others_pass()
    {
        await using var site = await Site.StartAsync(_folder.File("site"));
        foreach (var example in SeedExample.All())
        {
            await site.LayCheckpointAsync();
            var before = await JobsAsync(site);
            var (calls, said) = await RunAsync(site, example);
            var started = await JobsAsync(site) - before;

            calls.ShouldNotBeEmpty($"{example}");
            if (example.Posts && !example.PrintsToken)
            {
                calls[0].Status.ShouldBe(403, $"{example}");
                started.ShouldBe(0, $"{example}");
                continue;
            }

            foreach (var call in calls)
                call.Status.ShouldBe(example.Exceptions.GetValueOrDefault(call.Name, 200), $"{example}: {call.Name}");
            started.ShouldBe(calls.Count(static call => call.Method == "POST"), $"{example}");
            if (example.Heading.StartsWith("Example 1", StringComparison.Ordinal))
            {
                said[0].ShouldMatch("^Job ID: [0-9]+$");
                said[1].ShouldMatch("^Migration ID: queue-[0-9]+-[0-9a-f]{6}$");
                said[^2].ShouldBe("Progress: 100.0%");
                said[^1].ShouldBe("Migration finished with status: completed");
            }
        }
    }

    public void Dispose() => _folder.Dispose();

    private static async Task<int> JobsAsync(Site site) => (await site.Store.ListJobsAsync(JobFilter.All, new PageRequest(1_000), Cancel)).Items.Count;

    private async Task<(IReadOnlyList<Call> Calls, IReadOnlyList<string> Said)> RunAsync(Site site, SeedExample example)
    {
        var file = _folder.File($"example-{example.Number}.js");
        await File.WriteAllTextAsync(file, example.Code, Cancel);
        var start = new ProcessStartInfo("node", [Path.Combine(AppContext.BaseDirectory, "Web", "Support", "example.mjs"), site.Address, file]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var node = Process.Start(start)!;
        var (output, error) = (node.StandardOutput.ReadToEndAsync(Cancel), node.StandardError.ReadToEndAsync(Cancel));
        try
        {
            await node.WaitForExitAsync(Cancel).WaitAsync(Patience, Cancel);
        }
        catch (TimeoutException e)
        {
            node.Kill();
            throw new TimeoutException($"The example {example} did not end. It said: {await output} {await error}", e);
        }

        node.ExitCode.ShouldBe(0, $"{example}: {await error}");
        var report = JsonSerializer.Deserialize<Report>((await output).TrimEnd().Split('\n')[^1], JsonSerializerOptions.Web)!;
        return (report.Calls, report.Said);
    }

    internal sealed record Report(IReadOnlyList<Call> Calls, IReadOnlyList<string> Said);

    /// <param name="Method">GET or POST.</param>
    /// <param name="Path">As the example has it.</param>
    /// <param name="Status">Of the answer.</param>
    internal sealed record Call(string Method, string Path, int Status)
    {
        public string Name => $"{Method} {Path[(Path.LastIndexOf('/') + 1)..]}";
    }
}
