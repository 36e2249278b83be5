using Longhaul.Storage;
using Npgsql;
using NpgsqlTypes;

namespace Longhaul.Postgres;

/// <summary>Jobs to be written, in the columns of <c>lh_enqueue</c>.</summary>
internal sealed class EnqueueColumns(LaneSet lanes, int capacity)
{
    // As lh_ready's functions look for a job in at most so many ids.
    private const int LongestRange = 1_000;

    private const int Detail = 128;
    private const int Owned = 256;
    private const int Rows = 32;

    private readonly List<long> _ids = new(capacity);
    private readonly List<long> _nonces = new(capacity);
    private readonly List<int> _lanes = new(capacity);
    private readonly List<short> _priorities = new(capacity);
    private readonly List<int> _versions = new(capacity);
    private readonly List<long> _delays = new(capacity);
    private readonly List<long?> _runAt = new(capacity);
    private readonly List<ReadOnlyMemory<byte>> _payloads = new(capacity);
    private readonly List<int> _rangeAt = [];
    private readonly List<int> _rangeJobs = [];
    private readonly List<int> _rangeFlags = [];
    private DetailColumns? _details;
    private bool _anyVersion;
    private bool _anyDelay;
    private bool _anyRunAt;

    public void Add(NewJob job)
    {
        var lane = lanes[job.Queue, job.Name].Id;
        var delay = job.RunAt is null ? Moments.From(job.Delay) : 0;
        long? runAt = job.RunAt is { } at ? Moments.From(at) : null;
        var hasDetail = HasDetail(job);
        var flags = (hasDetail ? Detail : 0) | (job.Owner is null ? 0 : Owned) | (job.Tags.Count > 0 ? Rows : 0);

        if (Continues(job, lane, delay, runAt, flags))
        {
            _rangeJobs[^1]++;
        }
        else
        {
            _rangeAt.Add(_ids.Count + 1);
            _rangeJobs.Add(1);
            _rangeFlags.Add(flags);
        }

        _ids.Add(job.Id.Value);
        _nonces.Add(job.Nonce);
        _lanes.Add(lane);
        _priorities.Add(job.Priority);
        _versions.Add(job.PayloadVersion);
        _delays.Add(delay);
        _runAt.Add(runAt);
        _payloads.Add(job.Payload);
        _anyVersion |= job.PayloadVersion != 1;
        _anyDelay |= delay != 0;
        _anyRunAt |= runAt is not null;
        if (hasDetail)
            (_details ??= new()).Add(_ids.Count, job);
    }

    public void AddTo(NpgsqlParameterCollection parameters, Database database)
    {
        parameters.AddNow(database);
        parameters.AddColumn(NpgsqlDbType.Bigint, _ids);
        parameters.AddColumn(NpgsqlDbType.Bigint, _nonces);
        parameters.AddColumn(NpgsqlDbType.Integer, _lanes);
        parameters.AddColumn(NpgsqlDbType.Smallint, _priorities);
        parameters.AddColumn(NpgsqlDbType.Integer, _anyVersion ? _versions : null);
        parameters.AddColumn(NpgsqlDbType.Bigint, _anyDelay ? _delays : null);
        parameters.AddColumn(NpgsqlDbType.Bigint, _anyRunAt ? _runAt : null);
        parameters.AddColumn(NpgsqlDbType.Text, _payloads);
        parameters.AddColumn(NpgsqlDbType.Integer, _rangeAt);
        parameters.AddColumn(NpgsqlDbType.Integer, _rangeJobs);
        parameters.AddColumn(NpgsqlDbType.Integer, _rangeFlags);
        DetailColumns.AddTo(_details, parameters);
    }

    /// <summary>Whether there is nothing to say of it but the payload, and it is due now.</summary>
    public static bool IsPlain(NewJob job) => job is { RunAt: null, Delay.Ticks: 0 } && !HasDetail(job);

    public static bool HasDetail(NewJob job)
        => job is not { Unique: null, ContinueFrom: null, Policy: null, Owner: null, Description: null, EnqueuedBy: null, TraceParent: null, Tags.Count: 0 };

    /// <summary>Whether a job continues the last range: plain, and alike in all but the payload.</summary>
    private bool Continues(NewJob job, int lane, long delay, long? runAt, int flags)
        => _ids.Count > 0 && (flags & Rows) == 0 && _rangeFlags[^1] == flags && _rangeJobs[^1] < LongestRange
            && job is { Unique: null, ContinueFrom: null } && _ids[^1] + 1 == job.Id.Value && _lanes[^1] == lane
            && _priorities[^1] == job.Priority && _delays[^1] == delay && _runAt[^1] == runAt;
}
