using System.Reflection;
using System.Text;
using System.Text.Json.Serialization.Metadata;
using Longhaul.Storage;

namespace Longhaul.Jobs;

/// <summary>Reads the <see cref="JobAttribute"/> of a payload type and tells all that does not hold.</summary>
internal static class JobTypeReader
{
    /// <param name="type">The payload type.</param>
    /// <param name="problems">Gets a line for each thing that does not hold: what must, what was found, what to do.</param>
    /// <returns>Null when there were problems.</returns>
    public static JobType? Read(Type type, List<string> problems)
    {
        if (type.GetCustomAttribute<JobAttribute>(inherit: false) is not { } attribute)
        {
            problems.Add(MissingAttribute(type));
            return null;
        }

        var before = problems.Count;
        CheckNames(type, attribute, problems);
        if (attribute.Queue is { } queue && !JobLimits.IsName(queue))
            problems.Add($"[Job(\"{attribute.Name}\", Queue = …)] of {type} must be {NameRule}, but was {Quoted.Text(queue)}.");
        if (attribute.Version < 1)
            problems.Add($"[Job(\"{attribute.Name}\", Version = …)] of {type} must be at least 1, but was {attribute.Version}.");
        var policy = ReadPolicy(attribute, out var problem);
        if (problem is not null)
            problems.Add($"[Job(\"{attribute.Name}\")] of {type}: {problem}");
        if (ReadJson(type, problems) is not { } json || problems.Count > before)
            return null;

        var secrets = SecretMembers.Of(json);
        var description = ReadDescription(attribute, json, problems);
        return problems.Count > before ? null : new JobType
        {
            Type = type,
            Name = attribute.Name,
            Version = attribute.Version,
            Aliases = attribute.Aliases ?? [],
            Queue = attribute.Queue,
            Priority = attribute.Priority,
            Policy = policy,
            Description = description,
            LongRunning = attribute.LongRunning,
            Json = json,
            Secrets = secrets,
        };
    }

    public const string NameRule = "1–128 of A-Z a-z 0-9 . _ - : /";

    private static string MissingAttribute(Type type)
        => IsAnonymousOrPrimitive(type)
            ? $"A payload must be a type of its own with a [Job] attribute, but was {type}. Declare a record for it: [Job(\"some.name\")] public sealed record SomeJob(…);"
            : $"A payload type must have a [Job] attribute that names it, but {type} has none. Put [Job(\"{SuggestName(type)}\")] on it, or another name of your choice.";

    private static bool IsAnonymousOrPrimitive(Type type)
        => type.IsPrimitive || type == typeof(string) || type == typeof(object) || type.Namespace == "System" || type.Name.Contains('<', StringComparison.Ordinal);

    private static string SuggestName(Type type)
    {
        var name = new StringBuilder();
        foreach (var c in type.Name.TakeWhile(static c => c != '`').Where(char.IsAsciiLetterOrDigit))
        {
            if (char.IsAsciiLetterUpper(c) && name.Length > 0)
                name.Append('-');
            name.Append(char.ToLowerInvariant(c));
        }

        return name.ToString();
    }

    private static void CheckNames(Type type, JobAttribute attribute, List<string> problems)
    {
        if (!JobLimits.IsName(attribute.Name))
            problems.Add($"The job name of {type} must be {NameRule}, but was {Quoted.Text(attribute.Name)}. Correct its [Job] attribute.");
        foreach (var twice in (attribute.Aliases ?? []).GroupBy(static a => a).Where(static g => g.Count() > 1))
            problems.Add($"The aliases of {type} must differ, but {Quoted.Text(twice.Key)} is there twice. Remove one.");
        foreach (var alias in attribute.Aliases ?? [])
        {
            if (!JobLimits.IsName(alias))
                problems.Add($"An alias of {type} must be {NameRule}, but was {Quoted.Text(alias)}. Correct its [Job(Aliases = …)].");
            else if (alias == attribute.Name)
                problems.Add($"An alias of {type} must differ from its name, but both are \"{alias}\". Remove the alias.");
        }
    }

    private static JobPolicy? ReadPolicy(JobAttribute attribute, out string? problem)
    {
        problem = null;
        JobPolicy policy;
        try
        {
            policy = new JobPolicy
            {
                MaxAttempts = attribute.MaxAttempts != 0 ? attribute.MaxAttempts : null,
                RetryDelay = Seconds(attribute.RetryDelaySeconds, attribute.RetryDelaySeconds >= 0),
                MaxRetryDelay = Seconds(attribute.MaxRetryDelaySeconds, attribute.MaxRetryDelaySeconds >= 0),
                Timeout = Seconds(attribute.TimeoutSeconds, attribute.TimeoutSeconds != 0),
                ShutdownTimeout = Seconds(attribute.ShutdownTimeoutSeconds, attribute.ShutdownTimeoutSeconds >= 0),
                StallAfter = Seconds(attribute.StallAfterSeconds, attribute.StallAfterSeconds != 0),
                MaxLostRuns = attribute.MaxLostRuns >= 0 ? attribute.MaxLostRuns : null,
                Retention = attribute.RetentionHours >= 0 ? TimeSpan.FromHours(attribute.RetentionHours) : null,
            };
        }
        catch (Exception e) when (e is OverflowException or ArgumentException)
        {
            problem = $"its times must be at most {PolicyCheck.LongestDays:N0} days, but one is longer. Correct its [Job] attribute.";
            return null;
        }

        problem = PolicyCheck.Problem(policy);
        return policy == new JobPolicy() ? null : policy;
    }

    private static TimeSpan? Seconds(double value, bool isSet) => isSet ? TimeSpan.FromSeconds(value) : null;

    private static JsonTypeInfo? ReadJson(Type type, List<string> problems)
    {
        try
        {
            return JobJson.Options.GetTypeInfo(type);
        }
        catch (Exception e) when (e is NotSupportedException or InvalidOperationException or ArgumentException)
        {
            problems.Add($"The payload type {type} must be one that System.Text.Json can write and read, but: {e.Message} Make it a plain record.");
            return null;
        }
    }

    private static DescriptionTemplate? ReadDescription(JobAttribute attribute, JsonTypeInfo json, List<string> problems)
    {
        if (attribute.Description is not { } text)
            return null;

        var template = DescriptionTemplate.Parse(text);
        foreach (var name in template.Names)
        {
            var first = name.Split('.')[0];
            if (json.Kind == JsonTypeInfoKind.Object && !json.Properties.Any(p => p.Name.Equals(first, StringComparison.OrdinalIgnoreCase)))
            {
                problems.Add(
                    $"The description of {json.Type} must name members of the payload, but has {{{name}}}. " +
                    $"It has: {string.Join(", ", json.Properties.Select(static p => p.Name))}. To show a brace, write it twice.");
            }
        }

        return template;
    }
}
