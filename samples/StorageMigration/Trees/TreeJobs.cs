using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Longhaul;
using Longhaul.Storage;
using StorageMigration.Objects;

namespace StorageMigration.Trees;

/// <summary>Starts copies of trees, looks at them, cancels them: each owner his own. Without an owner: all.</summary>
internal sealed class TreeJobs(IJobClient jobs, IJobStore store, TreeAddresses addresses, ObjectStores stores)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>Starts one. While an owner's copy from and to the same is not finished, it is that one.</summary>
    /// <exception cref="TreeRefusedException">It would be refused when it ran.</exception>
    public async Task<EnqueueResult> StartAsync(CopyTree job, string? owner, CancellationToken cancellationToken)
    {
        if ((job.Options ?? new CopyOptions()).Mistake() is { } mistake)
            throw new TreeRefusedException(mistake);
        var (source, target) = addresses.Resolve(job, owner);
        await CheckAsync(source);
        await CheckAsync(target);
        var key = SHA256.HashData(Encoding.UTF8.GetBytes($"{owner}\n{source}\n{target}"));
        return await jobs.EnqueueAsync(job, new() { Owner = owner, UniqueKey = Convert.ToHexStringLower(key) }, cancellationToken);
    }

    /// <returns>Null: there is none, or it is another's.</returns>
    public async Task<TreeView?> FindAsync(JobId id, string? owner, CancellationToken cancellationToken)
        => await store.GetJobAsync(id, cancellationToken) is { Name: CopyTree.JobName } record && (owner is null || record.Owner == owner)
            ? TreeView.Of(record, Read<CopyTree>(record.Payload), record.Result is { } result ? Read<TreeReport>(result) : null)
            : null;

    /// <summary>The newest ones.</summary>
    public async Task<List<TreeView>> ListAsync(string? owner, int limit, CancellationToken cancellationToken)
    {
        var page = await store.ListJobsAsync(new JobFilter { Name = CopyTree.JobName, Owner = owner }, new PageRequest(limit), cancellationToken);
        var views = new List<TreeView>(page.Items.Count);
        foreach (var record in page.Items)
        {
            if (await FindAsync(record.Id, owner, cancellationToken) is { } view)
                views.Add(view);
        }

        return views;
    }

    /// <returns>False: it has ended.</returns>
    public async Task<bool> CancelAsync(JobId id, string? by, CancellationToken cancellationToken)
    {
        var answers = await store.ActAsync(JobAction.Cancel, [id], new ActionContext(by), cancellationToken);
        return answers[0].Status is ActionStatus.Done or ActionStatus.Ordered;
    }

    private async Task CheckAsync(string address)
    {
        try
        {
            await using var opened = stores.Open(address);
        }
        catch (ArgumentException e)
        {
            throw new TreeRefusedException(e.Message);
        }
    }

    private static T? Read<T>(ReadOnlyMemory<byte> json) => JsonSerializer.Deserialize<T>(json.Span, Json);
}
