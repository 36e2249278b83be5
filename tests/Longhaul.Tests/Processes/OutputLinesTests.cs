using System.Text;
using Longhaul.Processes;

namespace Longhaul.Tests.Processes;

public sealed class OutputLinesTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("a\nb\n", "a|b")]
    [InlineData("a\nb", "a|b")]
    [InlineData("a\r\nb\r\n", "a|b")]
    [InlineData("10%\r20%\r", "10%|20%")]
    [InlineData("a\n\nb\n", "a||b")]
    [InlineData("a\r\n\r\nb", "a||b")]
    [InlineData("", "")]
    [InlineData("ä €\n", "ä €")]
    public async Task Ends_of_lines_are_those_of_all_systems(string output, string lines)
    {
        foreach (var chunk in new[] { 1, 2, 3, 1_000 })
            string.Join('|', await ReadAsync(output, chunk)).ShouldBe(lines, $"in chunks of {chunk}");
    }

    [Fact]
    public async Task A_line_without_an_end_takes_no_memory()
    {
        var lines = await ReadAsync(new string('x', 1 << 20) + "\nnext\n", 4_096);

        lines.Select(static line => line.Length).ShouldBe([8 << 10, 4]);
    }

    [Fact]
    public async Task Nothing_is_read_on_before_what_was_read_is_dealt_with()
    {
        var lines = new List<string>();
        var counts = new List<int>();

        await OutputLines.ReadAsync(new MemoryStream(Encoding.UTF8.GetBytes(new string('\n', 10_000))), lines.Add, Breathe, Cancel);

        counts.Count.ShouldBe(4);
        counts.Zip(counts.Prepend(0), static (now, before) => now - before).Max().ShouldBe(OutputLines.MostAtOnce);

        ValueTask Breathe()
        {
            counts.Add(lines.Count);
            return ValueTask.CompletedTask;
        }
    }

    [Fact]
    public async Task What_is_no_text_is_replaced()
        => string.Join('|', await ReadAsync([0x61, 0xff, 0xfe, 0x0a, 0x62], 2)).ShouldBe("a\uFFFD\uFFFD|b");

    private static Task<List<string>> ReadAsync(string output, int chunk) => ReadAsync(Encoding.UTF8.GetBytes(output), chunk);

    private static async Task<List<string>> ReadAsync(byte[] output, int chunk)
    {
        var lines = new List<string>();
        await OutputLines.ReadAsync(new Chunks(output, chunk), lines.Add, static () => ValueTask.CompletedTask, Cancel);
        return lines;
    }

    /// <summary>Reads at most so many bytes at once.</summary>
    private sealed class Chunks(byte[] bytes, int chunk) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
            => base.ReadAsync(buffer[..Math.Min(chunk, buffer.Length)], cancellationToken);
    }
}
