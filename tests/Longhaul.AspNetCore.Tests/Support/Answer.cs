using System.Text.Json;

namespace Longhaul.AspNetCore.Tests.Support;

/// <summary>What the server answered.</summary>
internal sealed record Answer(int Status, string Text, IReadOnlyDictionary<string, string> Headers)
{
    public JsonElement Json => JsonDocument.Parse(Text).RootElement;

    /// <summary>The JSON of an answer that is no problem.</summary>
    public JsonElement Ok()
    {
        Status.ShouldBeInRange(200, 299, Text);
        return Json;
    }

    /// <summary>The problem, with its form checked.</summary>
    public JsonElement Problem(int status, string code)
    {
        Status.ShouldBe(status, Text);
        Headers["Content-Type"].ShouldStartWith("application/problem+json");
        var problem = Json;
        problem.GetProperty("code").GetString().ShouldBe(code, Text);
        problem.GetProperty("type").GetString().ShouldBe("urn:longhaul:problem:" + code);
        problem.GetProperty("status").GetInt32().ShouldBe(status);
        problem.GetProperty("title").GetString().ShouldNotBeNullOrEmpty();
        problem.GetProperty("detail").GetString().ShouldNotBeNullOrEmpty();
        Text.ShouldNotContain("   at ");
        return problem;
    }
}

internal static class JsonReading
{
    extension(JsonElement json)
    {
        public string? Text(string member) => json.TryGetProperty(member, out var value) && value.ValueKind != JsonValueKind.Null ? value.GetString() : null;

        public long Number(string member) => json.GetProperty(member).GetInt64();

        public bool Flag(string member) => json.GetProperty(member).GetBoolean();

        public JsonElement[] Items(string member = "items") => [.. json.GetProperty(member).EnumerateArray()];

        public long[] Ids() => [.. json.Items().Select(static item => item.Number("id"))];

        public bool Has(string member) => json.TryGetProperty(member, out var value) && value.ValueKind != JsonValueKind.Null;
    }
}
