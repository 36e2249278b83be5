using PhotoIngest.Demo;

namespace PhotoIngest.Tests;

[Trait("Part", "samples")]
public sealed class DemoOptionsTests
{
    [Fact]
    public void Options_may_stand_anywhere_and_be_joined_to_their_values() =>
        DemoOptions.Parse(["--out=there", "--json", ".", "--workers", "2", "--store", "sqlite:there/jobs.db"])
            .ShouldBe(new DemoOptions { Folder = ".", Out = "there", Store = "sqlite:there/jobs.db", Workers = 2, Json = true });

    [Theory]
    [InlineData("--wrong", "there is no option --wrong")]
    [InlineData("--out", "--out needs a value")]
    [InlineData("--workers=many", "--workers takes a number from 0 to 64")]
    [InlineData("--port=8080", "--port says where --serve serves, which is missing")]
    [InlineData("--port=65536", "--port takes a number from 0 to 65535")]
    [InlineData("no/such/folder", "there is no folder 'no/such/folder'")]
    [InlineData("--store=sync:", "--store sync: runs each job inside the call that makes it, so there would be nothing to watch, stop or go on with; take sqlite:FILE or memory:")]
    public void What_makes_no_sense_is_said(string arg, string message) =>
        Should.Throw<WrongUseException>(() => DemoOptions.Parse([arg])).Message.ShouldBe(message);

    [Fact]
    public void An_address_that_is_none_names_the_option() =>
        Should.Throw<WrongUseException>(() => DemoOptions.Parse(["--store", "nonsense"])).Message.ShouldStartWith("--store: The address of a store must begin with its kind");

    [Fact]
    public void A_file_is_no_place_for_everything() =>
        Should.Throw<WrongUseException>(() => DemoOptions.Parse(["--out", typeof(DemoOptions).Assembly.Location])).Message.ShouldStartWith("--out must be a folder, but ");

    [Fact]
    public void Workers_beside_need_a_store_that_they_see() =>
        Should.Throw<WrongUseException>(() => DemoOptions.Parse(["--store", "memory:", "--workers", "2"])).Message.ShouldStartWith("--workers needs a store that processes share");
}
