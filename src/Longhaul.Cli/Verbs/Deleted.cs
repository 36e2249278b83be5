using Longhaul.Cli.Output;
using Longhaul.Storage;

namespace Longhaul.Cli.Verbs;

/// <summary>Deletes by queue and says how many went.</summary>
internal static class Deleted
{
    public static async Task<int> EachAsync(
        CliContext cli, IJobStore store, string[]? queues, Func<string?, CancellationToken, Task<long>> delete, (string Action, string What) words, CancellationToken cancellationToken)
    {
        long deleted = 0;
        try
        {
            foreach (var queue in queues ?? (string?[])[null])
            {
                var went = await delete(queue, cancellationToken).ConfigureAwait(false);
                deleted += went;
                await cli.AuditAsync(store, words.Action, queue ?? "all queues", null, $"deleted {went}").ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw CliException.Interrupted(deleted, words.What);
        }

        if (cli.Json)
            cli.Print.Object(new { deleted, queues });
        else
            cli.Print.Line($"{Amount.Of(deleted, words.What)} of {QueueText.Of(queues)} deleted");
        return ExitCode.Done;
    }
}
