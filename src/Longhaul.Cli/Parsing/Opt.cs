using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Longhaul.Storage;

namespace Longhaul.Cli.Parsing;

/// <summary>Makes options and arguments whose errors say what was expected and what was found.</summary>
internal static class Opt
{
    public static Option<bool> Flag(string name, string description, params string[] aliases)
        => new(name, aliases) { Description = description };

    public static Option<string?> Text(string name, string value, string description, params string[] aliases)
        => new(name, aliases) { Description = description, HelpName = value };

    public static Option<string[]> Texts(string name, string value, string description)
        => new(name) { Description = description, HelpName = value };

    public static Option<int?> Number(string name, string description, int min = 0, int max = int.MaxValue) => new(name)
    {
        Description = description,
        HelpName = "N",
        CustomParser = result => int.TryParse(Value(result), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max
            ? number
            : Refuse<int?>(result, name, max == int.MaxValue ? $"a whole number from {min}" : $"a whole number from {min} to {max}"),
    };

    /// <summary>A duration. With <paramref name="bare"/> the option may stand alone and means that.</summary>
    public static Option<TimeSpan?> Duration(string name, string description, bool zero = true, TimeSpan? bare = null) => new(name)
    {
        Description = description,
        HelpName = bare is null ? "TIME" : "[TIME]",
        Arity = bare is null ? ArgumentArity.ExactlyOne : ArgumentArity.ZeroOrOne,
        CustomParser = result => bare is not null && result.Tokens.Count == 0 ? bare
            : DurationText.TryParse(Value(result), out var duration) && (zero || duration > TimeSpan.Zero)
            ? duration
            : Refuse<TimeSpan?>(result, name, (zero ? "" : "more than zero: ") + DurationText.Forms),
    };

    public static Option<DateTimeOffset?> Moment(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "MOMENT",
        CustomParser = result => MomentText.TryParse(Value(result), out var moment)
            ? moment
            : Refuse<DateTimeOffset?>(result, name, MomentText.Forms),
    };

    public static Option<Past?> Past(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "WHEN",
        CustomParser = result => MomentText.TryParse(Value(result), out var moment) ? new Past(moment, default)
            : DurationText.TryParse(Value(result), out var ago) ? new Past(null, ago)
            : Refuse<Past?>(result, name, $"{MomentText.Forms}; or how long ago: {DurationText.Forms}"),
    };

    /// <summary>Names separated by commas, or the option given more than once.</summary>
    public static Option<string[]> Queues(string description) => new("--queue", "-q")
    {
        Description = description,
        HelpName = "NAMES",
        CustomParser = static result => Queues(result, "--queue"),
    };

    /// <summary>A name, checked as the store would.</summary>
    public static Option<string?> Name(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "NAME",
        CustomParser = result => CheckedName(result, name, pattern: false),
    };

    /// <summary>A name or a pattern with <c>*</c>.</summary>
    public static Option<string?> Pattern(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "PATTERN",
        CustomParser = result => CheckedName(result, name, pattern: true),
    };

    public static Option<T?> Choice<T>(string name, string description, IReadOnlyDictionary<string, T> choices) where T : struct => new(name)
    {
        Description = description,
        HelpName = string.Join('|', choices.Keys),
        CustomParser = result => choices.TryGetValue(Value(result), out var choice)
            ? choice
            : Refuse<T?>(result, name, "one of " + string.Join(", ", choices.Keys)),
    };

    public static Argument<JobId> Id() => new("ID")
    {
        Description = "The job's id.",
        CustomParser = static result => JobId.TryParse(Value(result), CultureInfo.InvariantCulture, out var id) ? id : Refuse<JobId>(result, "ID", IdForm),
    };

    public static Argument<JobId[]> Ids(bool required = true) => new("ID")
    {
        Description = "The jobs' ids.",
        Arity = required ? ArgumentArity.OneOrMore : ArgumentArity.ZeroOrMore,
        CustomParser = static result =>
        {
            var ids = new List<JobId>();
            foreach (var token in result.Tokens)
            {
                if (!JobId.TryParse(token.Value, CultureInfo.InvariantCulture, out var id))
                    return Refuse<JobId[]>(result, "ID", IdForm, token.Value);
                ids.Add(id);
            }

            return [.. ids];
        },
    };

    public static readonly string IdForm = $"a whole number from 1 to {JobId.MaxValue}";

    /// <summary>One queue as an argument without a name, such as <c>work emails</c>; commas separate several.</summary>
    public static Argument<string[]?> QueueArgument(string description) => new("QUEUE")
    {
        Description = description,
        Arity = ArgumentArity.ZeroOrOne,
        DefaultValueFactory = static _ => null,
        CustomParser = static result => Queues(result, "QUEUE"),
    };

    private static string[]? Queues(ArgumentResult result, string option)
    {
        var names = result.Tokens.SelectMany(static token => token.Value.Split(',', StringSplitOptions.TrimEntries)).ToArray();
        var wrong = names.FirstOrDefault(static name => !JobLimits.IsName(name));
        return wrong is null ? names : Refuse<string[]>(result, option, NameForm, wrong);
    }

    private static string? CheckedName(ArgumentResult result, string option, bool pattern)
    {
        var text = Value(result);
        return JobLimits.IsName(pattern ? text.Replace('*', '_') : text) ? text : Refuse<string>(result, option, pattern ? NameForm + ", or * for any" : NameForm);
    }

    private const string NameForm = "1 to 128 characters of A-Z a-z 0-9 . _ - : /";

    private static string Value(ArgumentResult result) => result.Tokens.Count == 0 ? "" : result.Tokens[^1].Value;

    private static T? Refuse<T>(ArgumentResult result, string name, string expected, string? found = null)
    {
        result.AddError($"{name}: expected {expected}, but was '{found ?? Value(result)}'");
        return default;
    }
}
