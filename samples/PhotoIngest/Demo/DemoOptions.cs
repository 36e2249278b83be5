using System.Globalization;
using Longhaul;

namespace PhotoIngest.Demo;

/// <summary>What the caller of <c>./demo</c> wants.</summary>
internal sealed record DemoOptions
{
    public const string Usage = """
        Usage: ./demo [FOLDER] [--out DIR] [--store URL] [--workers N] [--serve] [--port N] [--json]

          FOLDER       photos to take in, subfolders included; nothing in it is changed.
                       Without it a small set is made in DIR.
          --out DIR    where everything goes; default photo-demo. Run again on the same DIR, it goes on.
          --store URL  where the jobs are kept; default sqlite:DIR/longhaul.db
          --workers N  worker processes beside this one; default 0
          --serve      serve the gallery and Longhaul's dashboard meanwhile, and go on serving until Ctrl-C
          --port N     where, on 127.0.0.1; default 5310, 0 takes a free one
          --json       end with the summary as one line of JSON
        """;

    public string? Folder { get; init; }

    public string Out { get; init; } = "photo-demo";

    public string? Store { get; init; }

    public int Workers { get; init; }

    /// <summary>Whether the pages are served, also when all is done.</summary>
    public bool Serve { get; init; }

    /// <summary>Null: the application's own.</summary>
    public int? Port { get; init; }

    public bool Json { get; init; }

    public bool Help { get; init; }

    /// <summary>Whether the jobs end with this process.</summary>
    public bool IsInMemory => Store is not null && StoreUrl.Parse(Store).Scheme == "memory";

    /// <exception cref="WrongUseException">They make no sense; the message says why.</exception>
    public static DemoOptions Parse(IEnumerable<string> args)
    {
        var options = new DemoOptions();
        var rest = new Queue<string>(args.SelectMany(Split));
        while (rest.TryDequeue(out var arg))
        {
            options = arg switch
            {
                "--out" => options with { Out = Value() },
                "--store" => options with { Store = Address() },
                "--workers" => options with { Workers = Number(64) },
                "--serve" => options with { Serve = true },
                "--port" => options with { Port = Number(65_535) },
                "--json" => options with { Json = true },
                "--help" or "-h" or "-?" => options with { Help = true },
                _ when arg.StartsWith('-') => throw new WrongUseException($"there is no option {arg}"),
                _ when options.Folder is not null => throw new WrongUseException($"one FOLDER at a time, but there are '{options.Folder}' and '{arg}'"),
                _ => options with { Folder = arg },
            };

            string Value() => rest.TryDequeue(out var value) && value.Length > 0 ? value : throw new WrongUseException($"{arg} needs a value");

            string Address()
            {
                var store = Value();
                try
                {
                    return StoreUrl.Parse(store).Scheme != "sync"
                        ? store
                        : throw new WrongUseException("--store sync: runs each job inside the call that makes it, so there would be nothing to watch, stop or go on with; take sqlite:FILE or memory:");
                }
                catch (ArgumentException e)
                {
                    throw new WrongUseException($"--store: {e.Message}");
                }
            }

            int Number(int most) => int.TryParse(Value(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= most
                ? number
                : throw new WrongUseException($"{arg} takes a number from 0 to {most}");
        }

        if (options.Folder is { } folder && !Directory.Exists(folder))
            throw new WrongUseException($"there is no folder '{folder}'");
        if (File.Exists(options.Out))
            throw new WrongUseException($"--out must be a folder, but '{options.Out}' is a file");
        if (options is { Port: not null, Serve: false })
            throw new WrongUseException("--port says where --serve serves, which is missing");
        return options is { Workers: > 0, IsInMemory: true }
            ? throw new WrongUseException("--workers needs a store that processes share, but memory: is in this one; take sqlite:FILE")
            : options;
    }

    private static string[] Split(string arg) => arg.StartsWith("--", StringComparison.Ordinal) ? arg.Split('=', 2) : [arg];
}

/// <summary>A command line that makes no sense.</summary>
internal sealed class WrongUseException(string message) : Exception(message);
