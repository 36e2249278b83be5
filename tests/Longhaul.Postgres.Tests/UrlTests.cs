using Npgsql;

namespace Longhaul.Postgres.Tests;

public sealed class UrlTests
{
    [Theory]
    [InlineData("postgres://ann:p%40ss@db.example.com:6432/app", "db.example.com", 6432, "ann", "p@ss", "app")]
    [InlineData("postgresql://ann@db/app", "db", 5432, "ann", null, "app")]
    [InlineData("postgres://db", "db", 5432, null, null, null)]
    [InlineData("postgres:///app?host=/run/postgresql&user=ann", "/run/postgresql", 5432, "ann", null, "app")]
    [InlineData("postgres://a:b:c@one:1,two:2/app", "one:1,two:2", 5432, "a", "b:c", "app")]
    [InlineData("postgres://[::1]:6000/app", "[::1]", 6000, null, null, "app")]
    public void An_address_is_read(string address, string host, int port, string? user, string? password, string? database)
    {
        var text = new NpgsqlConnectionStringBuilder(PostgresUrl.Read(StoreUrl.Parse(address)).ConnectionString);

        text.Host.ShouldBe(host);
        text.Port.ShouldBe(port);
        text.Username.ShouldBe(user);
        text.Password.ShouldBe(password);
        text.Database.ShouldBe(database);
    }

    [Fact]
    public void Options_are_read()
    {
        var options = PostgresUrl.Read(StoreUrl.Parse("postgres://db/app?schema=jobs&listen=off&commandTimeout=7&lockTimeout=2.5&connect_timeout=3&sslmode=verify-full&application_name=shop"));

        options.Schema.ShouldBe("jobs");
        options.Listen.ShouldBeFalse();
        options.CommandTimeout.ShouldBe(TimeSpan.FromSeconds(7));
        options.LockTimeout.ShouldBe(TimeSpan.FromSeconds(2.5));
        options.ConnectTimeout.ShouldBe(TimeSpan.FromSeconds(3));
        var text = new NpgsqlConnectionStringBuilder(options.ConnectionString);
        text.SslMode.ShouldBe(SslMode.VerifyFull);
        text.ApplicationName.ShouldBe("shop");
    }

    [Theory]
    [InlineData("postgres://ann:s3cret@db/app?colour=red", "'colour'")]
    [InlineData("postgres://ann:s3cret@db/app?listen=perhaps", "'listen'")]
    [InlineData("postgres://ann:s3cret@db:x/app", "must be a number")]
    public void What_is_wrong_is_said_without_the_password(string address, string what)
    {
        var error = Should.Throw<ArgumentException>(() => PostgresUrl.Read(StoreUrl.Parse(address)));

        error.Message.ShouldContain(what);
        error.ToString().ShouldNotContain("s3cret");
    }

    [Fact]
    public void A_connection_string_that_cannot_be_read_is_refused_without_the_password()
    {
        var error = Should.Throw<ArgumentException>(() => new PostgresStore(new() { ConnectionString = "Host=x;Passwort=s3cret" }));

        error.Message.ShouldContain("could not be read");
        error.ToString().ShouldNotContain("s3cret");
    }
}
