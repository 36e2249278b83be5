using Longhaul.Storage;

namespace Longhaul.Cli.Output;

/// <summary>Queues in words.</summary>
internal static class QueueText
{
    public static string Of(IReadOnlyList<string>? queues) => queues switch
    {
        null => "all queues",
        [var one] => "the queue " + one,
        _ => "the queues " + string.Join(", ", queues),
    };

    /// <summary>The queue of jobs that name none.</summary>
    public static string Default(CliContext cli) => cli.Console.Variable("QUEUE_DEFAULT") is { Length: > 0 } name ? name : JobDefaults.Queue;
}
