using PhotoIngest.Demo;

namespace PhotoIngest.Tests;

[Trait("Part", "samples")]
public sealed class DemoOptionsTests
{
    [Fact]
    public void Options_may_stand_anywhere_and_be_joined_to_their_values() =>
        DemoOptions.Parse(["--out=there", "--json", ".", "--workers", "2", "--store", "memory:"])
            .ShouldBe(new DemoOptions { Folder = ".", Out = "there", Store = "memory:", Workers = 2, Json = true });

    [Theory]
    [InlineData("--wrong", "there is no option --wrong")]
    [InlineData("--out", "--out needs a value")]
    [InlineData("--workers=many", "--workers takes a number from 0 to 64")]
    [InlineData("no/such/folder", "there is no folder 'no/such/folder'")]
    public void What_makes_no_sense_is_said(string arg, string message) =>
        Should.Throw<WrongUseException>(() => DemoOptions.Parse([arg])).Message.ShouldBe(message);
}
