namespace Longhaul.Postgres.Tests;

public sealed class PendingStretchesTests
{
    private const int Window = 100;

    private static readonly List<(long First, long Last)> Some = [(10, 20), (21, 400), (500, 550), (900, 1_100)];

    [Theory]
    [InlineData(null, null)]
    [InlineData(2_000L, 2_000L)]
    [InlineData(1_102L, 1_102L)]
    [InlineData(1_101L, 900L)]
    [InlineData(1_000L, 900L)]
    [InlineData(901L, 900L)]
    [InlineData(900L, 900L)]
    [InlineData(530L, 500L)]
    [InlineData(10L, 10L)]
    [InlineData(5L, 5L)]
    public void Downwards_a_list_goes_on_below_the_stretch_that_begins_there(long? after, long? past) => Down().Past(after).ShouldBe(past);

    [Theory]
    [InlineData(null, null)]
    [InlineData(8L, 8L)]
    [InlineData(9L, 20L)]
    [InlineData(499L, 550L)]
    [InlineData(549L, 550L)]
    [InlineData(550L, 550L)]
    [InlineData(1_200L, 1_200L)]
    public void Upwards_it_goes_on_above_it(long? after, long? past) => Up().Past(after).ShouldBe(past);

    [Fact]
    public void The_next_stretch_is_one_that_is_longer_than_a_window()
    {
        Down().Next(null, Window).ShouldBe((1_100, 900));
        Down().Next(900, Window).ShouldBe((400, 21));
        Down().Next(21, Window).ShouldBeNull();
        Down().Next(null, 201).ShouldBe((400, 21));
        Up().Next(null, Window).ShouldBe((21, 400));
        Up().Next(400, Window).ShouldBe((900, 1_100));
        Up().Next(1_100, Window).ShouldBeNull();
        PendingStretches.None.Next(null, 1).ShouldBeNull();
    }

    private static PendingStretches Down() => new(Some, oldestFirst: false);

    private static PendingStretches Up() => new(Some, oldestFirst: true);
}
