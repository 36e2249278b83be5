using Longhaul.Cli.Output;

namespace Longhaul.Cli.Verbs;

/// <summary>Deletes by queue and says how many went.</summary>
internal static class Deleted
{
    public static async Task<int> EachAsync(
        CliContext cli, string[]? queues, Func<string?, CancellationToken, Task<long>> delete, string what, CancellationToken cancellationToken)
    {
        long deleted = 0;
        try
        {
            foreach (var queue in queues ?? (string?[])[null])
                deleted += await delete(queue, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw CliException.Interrupted(deleted, what);
        }

        if (cli.Json)
            cli.Print.Object(new { deleted, queues });
        else
            cli.Print.Line($"{Amount.Of(deleted, what)} of {QueueText.Of(queues)} deleted");
        return ExitCode.Done;
    }
}
