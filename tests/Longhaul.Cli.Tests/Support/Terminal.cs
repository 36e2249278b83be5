using System.Text;
using Longhaul.Cli.Hosting;

namespace Longhaul.Cli.Tests.Support;

/// <summary>A console of a test: a pipe unless said otherwise.</summary>
internal sealed record Terminal
{
    public bool IsTerminal { get; init; }

    public int Width { get; init; } = 120;

    /// <summary>What is typed or piped in.</summary>
    public byte[] Input { get; init; } = [];

    public Stream? InputStream { get; init; }

    public TextWriter? Output { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public Queue<ConsoleKeyInfo> Keys { get; init; } = [];

    public Dictionary<string, string> Variables { get; init; } = new(StringComparer.Ordinal) { ["LANG"] = "C.UTF-8", ["TERM"] = "xterm" };

    public Terminal With(string variable, string value) => this with { Variables = new(Variables, StringComparer.Ordinal) { [variable] = value } };

    public Terminal Typing(string text) => this with { Input = Encoding.UTF8.GetBytes(text) };

    public async Task<CliRun> RunAsync(IApplication application, string[] args, CancellationToken cancellationToken = default)
    {
        var output = new StringWriter();
        var error = new StringWriter();
        var code = await new CliApp(Open(Output ?? output, error), application).RunAsync(args, cancellationToken);
        return new CliRun(code, output.ToString(), error.ToString());
    }

    public CliConsole Open(TextWriter output, TextWriter error) => new()
    {
        Out = output,
        Error = error,
        OpenInput = () => InputStream ?? new MemoryStream(Input),
        OutIsTerminal = IsTerminal,
        InIsTerminal = IsTerminal,
        Size = () => (Width, 40),
        ReadKey = () => Keys.TryDequeue(out var key) ? key : null,
        Variable = name => Variables.GetValueOrDefault(name),
        Time = Time,
        User = "ann",
    };
}
