using System.Text;

namespace Longhaul.Cli.Tests.Support;

/// <summary>Output that a test can wait for.</summary>
internal sealed class LineWriter : TextWriter
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Lock _lock = new();
    private readonly StringBuilder _text = new();

    public override Encoding Encoding => Encoding.UTF8;

    public string Text
    {
        get
        {
            lock (_lock)
                return _text.ToString();
        }
    }

    public override void Write(char value)
    {
        lock (_lock)
            _text.Append(value);
    }

    /// <summary>Waits until the text is there; between looks does what makes it come.</summary>
    public async Task UntilAsync(string text, Action? meanwhile = null)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!Text.Contains(text, StringComparison.Ordinal))
        {
            TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan(Patience, $"'{text}' did not come; there is: {Text}");
            meanwhile?.Invoke();
            await Task.Yield();
        }
    }
}
