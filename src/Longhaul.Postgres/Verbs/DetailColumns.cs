using Longhaul.Storage;
using Npgsql;
using NpgsqlTypes;

namespace Longhaul.Postgres;

/// <summary>What only some of the jobs of a write say. Each row names its job by its place, from 1.</summary>
internal sealed class DetailColumns
{
    private readonly List<int> _at = [];
    private readonly List<string?> _owners = [];
    private readonly List<ReadOnlyMemory<byte>?> _policies = [];
    private readonly List<string?> _descriptions = [];
    private readonly List<string?> _keys = [];
    private readonly List<short?> _scopes = [];
    private readonly List<long?> _windows = [];
    private readonly List<long?> _continues = [];
    private readonly List<long?> _enqueuedBy = [];
    private readonly List<string?> _traces = [];
    private readonly List<int> _tagAt = [];
    private readonly List<string> _tags = [];
    private bool _anyUnique;
    private bool _anyContinues;

    public void Add(int at, NewJob job)
    {
        _at.Add(at);
        _owners.Add(job.Owner);
        _policies.Add(JobPolicy.ToJson(job.Policy) is { } policy ? policy : default(ReadOnlyMemory<byte>?));
        _descriptions.Add(job.Description.Cleaned(JobLimits.DescriptionLength));
        _keys.Add(job.Unique?.Key);
        _scopes.Add((short?)job.Unique?.Scope);
        _windows.Add(job.Unique is { } unique ? Moments.From(unique.Window) : null);
        _continues.Add(job.ContinueFrom?.Value);
        _enqueuedBy.Add(job.EnqueuedBy?.Value);
        _traces.Add(job.TraceParent);
        _anyUnique |= job.Unique is not null;
        _anyContinues |= job.ContinueFrom is not null;
        foreach (var tag in job.Tags)
        {
            _tagAt.Add(at);
            _tags.Add(tag);
        }
    }

    public static void AddTo(DetailColumns? details, NpgsqlParameterCollection parameters)
    {
        var (hasTags, unique) = (details?._tags.Count > 0, details?._anyUnique == true);
        parameters.AddColumn(NpgsqlDbType.Integer, details?._at);
        parameters.AddColumn(NpgsqlDbType.Text, details?._owners);
        parameters.AddColumn(NpgsqlDbType.Text, details?._policies);
        parameters.AddColumn(NpgsqlDbType.Text, details?._descriptions);
        parameters.AddColumn(NpgsqlDbType.Text, unique ? details!._keys : null);
        parameters.AddColumn(NpgsqlDbType.Smallint, unique ? details!._scopes : null);
        parameters.AddColumn(NpgsqlDbType.Bigint, unique ? details!._windows : null);
        parameters.AddColumn(NpgsqlDbType.Bigint, details?._anyContinues == true ? details._continues : null);
        parameters.AddColumn(NpgsqlDbType.Bigint, details?._enqueuedBy);
        parameters.AddColumn(NpgsqlDbType.Text, details?._traces);
        parameters.AddColumn(NpgsqlDbType.Integer, hasTags ? details!._tagAt : null);
        parameters.AddColumn(NpgsqlDbType.Text, hasTags ? details!._tags : null);
    }
}
