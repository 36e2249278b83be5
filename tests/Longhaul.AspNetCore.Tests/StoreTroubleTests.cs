using Longhaul.AspNetCore.Tests.Support;
using Longhaul.Memory;
using Longhaul.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Longhaul.AspNetCore.Tests;

/// <summary>What callers are told when the store refuses: whether it is worth to try again, and what must be done.</summary>
[Trait("Part", "web")]
public sealed class StoreTroubleTests
{
    private static readonly Dictionary<string, StoreException> Troubles = new()
    {
        ["full"] = new StoreException("The disk must have room, but is full.") { IsFull = true },
        ["full for now"] = new StoreException("The disk must have room, but is full.") { IsFull = true, IsTransient = true },
        ["busy"] = new StoreBusyException("Somebody holds the rows."),
        ["away"] = new StoreUnavailableException("It is away, and successfully so."),
        ["broken"] = new StoreException("It is broken in full."),
    };

    [Theory]
    [InlineData("full", 507, "store_full")]
    [InlineData("full for now", 507, "store_full")]
    [InlineData("busy", 503, "busy")]
    [InlineData("away", 503, "store_away")]
    [InlineData("broken", 500, "internal")]
    public async Task A_store_in_trouble_is_told_as_what_it_is(string trouble, int status, string code)
    {
        var store = SpiedStore.Of(new MemoryStore(), method => method == nameof(IJobStore.GetJobAsync) ? throw Troubles[trouble] : null);
        await using var web = await Web.StartAsync(change: setup => setup.Services = services => services.AddSingleton(store));

        var answer = await web.SendAsync(HttpMethod.Get, "jobs/1");

        answer.Problem(status, code);
        answer.Headers.GetValueOrDefault("Retry-After").ShouldBe(status == 503 ? "2" : null);
    }
}
