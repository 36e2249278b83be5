using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Longhaul.Hosting;
using Longhaul.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Longhaul.Tests.Masking;

public sealed class PayloadMaskTests
{
    public sealed record Card([property: Secret] string Number, string Holder);

    public sealed record Line(string Text, [Secret] decimal Price);

    [Job("mask.order")]
    public sealed record Order(string Id, Card Card, IReadOnlyList<Line> Lines, Dictionary<string, Card> Others, Order? Parent = null);

    private static string Mask(string json, string name = "mask.unknown", params string[] moreNames)
    {
        var services = App.Of(l => l.UseMemory().AddHandler<Order>(static (_, _, _) => Task.CompletedTask).Configure(o =>
        {
            foreach (var more in moreNames)
                o.SecretNames.Add(more);
        }));
        return Encoding.UTF8.GetString(services.GetRequiredService<LonghaulInstance>().Mask.Mask(name, Encoding.UTF8.GetBytes(json)));
    }

    [Theory]
    [InlineData("""{"password":"x"}""", """{"password":"***"}""")]
    [InlineData("""{"userPassword":"x"}""", """{"userPassword":"***"}""")]
    [InlineData("""{"PASSWORD" : "x" , "a":1}""", """{"PASSWORD" : "***" , "a":1}""")]
    [InlineData("""{"api_key":"x","apiKey":"x","API-Key":"x"}""", """{"api_key":"***","apiKey":"***","API-Key":"***"}""")]
    [InlineData("""{"clientSecret":{"a":[1,2,{"b":"x"}]},"c":1}""", """{"clientSecret":"***","c":1}""")]
    [InlineData("""{"tokens":["x","y"],"c":1}""", """{"tokens":"***","c":1}""")]
    [InlineData("""{"secret":12345,"token":true,"pwd":null}""", """{"secret":"***","token":"***","pwd":null}""")]
    [InlineData("""{"pass\u0077ord":"x"}""", """{"pass\u0077ord":"***"}""")]
    [InlineData("""[{"password":"x"},"password","x"]""", """[{"password":"***"},"password","x"]""")]
    [InlineData("""{"a":{"password":"x"},"list":[{"token":"y"}]}""", """{"a":{"password":"***"},"list":[{"token":"***"}]}""")]
    [InlineData("""{"connectionString":"Host=x;Password=y"}""", """{"connectionString":"***"}""")]
    [InlineData("""{"a":1e400,"b":-0,"c":12345678901234567890.10,"d":"\u00e9","a":2}""", """{"a":1e400,"b":-0,"c":12345678901234567890.10,"d":"\u00e9","a":2}""")]
    [InlineData("""{"name":"password","values":["token"]}""", """{"name":"password","values":["token"]}""")]
    [InlineData("null", "null")]
    [InlineData("\"password\"", "\"password\"")]
    [InlineData("", "")]
    [InlineData("password=hunter2", "\"*** (no JSON)\"")]
    [InlineData("""{"password":"hunter2""", "\"*** (no JSON)\"")]
    public void Secrets_by_name_are_hidden_and_all_else_stays_byte_for_byte(string json, string masked) => Mask(json).ShouldBe(masked);

    [Fact]
    public void Members_marked_as_secret_are_hidden_wherever_they_are()
    {
        var order = new Order(
            "1", new Card("4111", "Ann"), [new Line("a", 1.5m)], new() { ["x"] = new Card("4222", "Bo") }, new Order("2", new Card("4333", "Cy"), [], []));

        var masked = Mask(JsonSerializer.Serialize(order, JobJson.Options), "mask.order");

        masked.ShouldBe(
            """{"id":"1","card":{"number":"***","holder":"Ann"},"lines":[{"text":"a","price":"***"}],"others":{"x":{"number":"***","holder":"Bo"}},"parent":{"id":"2","card":{"number":"***","holder":"Cy"},"lines":[],"others":{},"parent":null}}""");
        Mask("""{"number":"4111"}""").ShouldBe("""{"number":"4111"}""");
    }

    [Fact]
    public void Further_names_can_be_added() => Mask("""{"IBAN":"DE00"}""", moreNames: "iban").ShouldBe("""{"IBAN":"***"}""");

    [Fact]
    public void Deep_JSON_is_masked_too()
    {
        var deep = string.Concat(Enumerable.Repeat("""{"a":""", 400)) + """{"token":"x"}""" + new string('}', 400);

        Mask(deep).ShouldContain("""{"token":"***"}""");
        Mask(string.Concat(Enumerable.Repeat("[", 600)) + new string(']', 600)).ShouldBe("\"*** (no JSON)\"");
    }

    [Fact]
    public void No_value_of_a_secret_survives_in_any_JSON()
    {
        var services = App.Of(static l => l.UseMemory());
        var mask = services.GetRequiredService<LonghaulInstance>().Mask;
        var names = Gen.Elements("a", "b", "password", "authToken", "x-api-key", "name");
        var leaves = Gen.Elements("1", "null", "true", "\"text\"", "\"canary\"", "-0.50");
        var json = Gen.Sized(size => Value(Math.Min(size, 4)));

        Prop.ForAll(json.ToArbitrary(), text =>
        {
            var masked = Encoding.UTF8.GetString(mask.Mask("any", Encoding.UTF8.GetBytes(text)));
            using var before = JsonDocument.Parse(text);
            using var after = JsonDocument.Parse(masked);
            return SameButSecrets(before.RootElement, after.RootElement);
        }).QuickCheckThrowOnFailure();

        Gen<string> Value(int depth) => depth == 0
            ? leaves
            : Gen.OneOf(
                leaves,
                Gen.ListOf(Value(depth - 1)).Select(static items => $"[{string.Join(" ,", items)}]"),
                Gen.ListOf(names.SelectMany(name => Value(depth - 1).Select(value => $"\"{name}\": {value}"))).Select(static members => $"{{{string.Join(", ", members)}}}"));
    }

    private static bool SameButSecrets(JsonElement before, JsonElement after)
    {
        if (before.ValueKind != after.ValueKind)
            return false;
        return before.ValueKind switch
        {
            JsonValueKind.Object => before.EnumerateObject().Zip(after.EnumerateObject()).All(static m =>
                m.First.Name == m.Second.Name &&
                (m.First.Name is "password" or "authToken" or "x-api-key"
                    ? m.First.Value.ValueKind == JsonValueKind.Null ? m.Second.Value.ValueKind == JsonValueKind.Null : m.Second.Value.GetRawText() == "\"***\""
                    : SameButSecrets(m.First.Value, m.Second.Value))) &&
                before.EnumerateObject().Count() == after.EnumerateObject().Count(),
            JsonValueKind.Array => before.GetArrayLength() == after.GetArrayLength() && before.EnumerateArray().Zip(after.EnumerateArray()).All(static i => SameButSecrets(i.First, i.Second)),
            _ => before.GetRawText() == after.GetRawText(),
        };
    }
}
