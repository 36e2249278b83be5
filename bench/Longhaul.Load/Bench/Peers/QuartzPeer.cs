using System.Collections.Specialized;
using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Npgsql;
using Quartz;
using Quartz.Impl;
using Quartz.Spi;

namespace Longhaul.Load.Bench.Peers;

/// <summary>Quartz.NET, clustered on PostgreSQL; does what <c>bench/peers/peer.mjs</c> says. 20 threads, 20 triggers at a time, a look a second.</summary>
internal sealed class QuartzPeer(string connectionString)
{
    public const string Name = "quartz";
    private const int Batch = 500;
    private static readonly long Frequency = Stopwatch.Frequency;

    private static int _count;
    private static int _target = int.MaxValue;
    private static int _step = int.MaxValue;
    private static TaskCompletionSource _reached = new();
    private static readonly List<double> PickUps = [];
    private static readonly List<long> Passed = [];

    private IScheduler _scheduler = null!;
    private int _jobs;

    public static async Task<int> RunAsync(string connectionString)
    {
        var peer = new QuartzPeer(connectionString);
        while (await Console.In.ReadLineAsync() is { } line)
        {
            var order = JsonNode.Parse(line)!;
            var what = order["do"]!.GetValue<string>();
            if (what == "stop")
                break;
            var cpu = Environment.CpuUsage.TotalTime;
            var answer = await peer.DoAsync(what, order);
            answer["cpu"] = (Environment.CpuUsage.TotalTime - cpu).TotalSeconds;
            Console.WriteLine(answer.ToJsonString());
        }

        await peer._scheduler.Shutdown(waitForJobsToComplete: true);
        return 0;
    }

    private async Task<JsonObject> DoAsync(string what, JsonNode order)
    {
        double Of(string name) => order[name]!.GetValue<double>();
        switch (what)
        {
            case "setup":
                await SetUpAsync();
                return new JsonObject { ["ready"] = true };
            case "enqueue-one":
                return await EnqueueForAsync(Of("seconds"), 1);
            case "enqueue-concurrent":
                return await EnqueueForAsync(Of("seconds"), (int)Of("callers"));
            case "enqueue-many":
                return await EnqueueManyAsync((int)Of("count"));
            case "drain":
                return await DrainAsync((int)Of("count"));
            case "produce":
                return await ProduceAsync((int)Of("count"), TimeSpan.FromMilliseconds(Of("pause")));
            case "consume":
                return await ConsumeAsync((int)Of("count"));
            case "work":
                await _scheduler.Start();
                return new JsonObject { ["working"] = true };
            default:
                throw new InvalidOperationException($"Quartz was told to '{what}', which it cannot.");
        }
    }

    private async Task SetUpAsync()
    {
        await using (var connection = new NpgsqlConnection(connectionString))
        {
            await connection.OpenAsync();
            await using var exists = new NpgsqlCommand("SELECT to_regclass('qrtz_triggers') IS NULL", connection);
            if (await exists.ExecuteScalarAsync() is true)
            {
                await using var script = new NpgsqlCommand(Script(), connection);
                await script.ExecuteNonQueryAsync();
            }
        }

        _scheduler = await new StdSchedulerFactory(new NameValueCollection
        {
            ["quartz.scheduler.instanceName"] = "bench",
            ["quartz.scheduler.instanceId"] = "AUTO",
            ["quartz.scheduler.idleWaitTime"] = "1000",
            ["quartz.scheduler.batchTriggerAcquisitionMaxCount"] = "20",
            ["quartz.threadPool.maxConcurrency"] = "20",
            ["quartz.jobStore.type"] = "Quartz.Impl.AdoJobStore.JobStoreTX, Quartz",
            ["quartz.jobStore.driverDelegateType"] = "Quartz.Impl.AdoJobStore.PostgreSQLDelegate, Quartz",
            ["quartz.jobStore.tablePrefix"] = "qrtz_",
            ["quartz.jobStore.useProperties"] = "true",
            ["quartz.jobStore.clustered"] = "true",
            ["quartz.jobStore.acquireTriggersWithinLock"] = "true", // its own advice for batches
            ["quartz.jobStore.dataSource"] = "bench",
            ["quartz.dataSource.bench.provider"] = "Npgsql",
            ["quartz.dataSource.bench.connectionString"] = connectionString.Replace("Pooling=false", "Maximum Pool Size=50", StringComparison.Ordinal),
            ["quartz.serializer.type"] = typeof(Json).AssemblyQualifiedName,
        }).GetScheduler();
    }

    private async Task<JsonObject> EnqueueForAsync(double seconds, int callers)
    {
        var began = Stopwatch.GetTimestamp();
        var counts = await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(async () =>
        {
            var count = 0;
            for (; Stopwatch.GetElapsedTime(began).TotalSeconds < seconds; count++)
                await EnqueueAsync(at: null);
            return count;
        })));
        return Took(counts.Sum(), began);
    }

    private async Task<JsonObject> EnqueueManyAsync(int count)
    {
        var began = Stopwatch.GetTimestamp();
        for (var done = 0; done < count; done += Batch)
        {
            var jobs = Enumerable.Range(0, Math.Min(Batch, count - done)).Select(_ => Make(at: null)).ToDictionary(static j => j.Job, static j => (IReadOnlyCollection<ITrigger>)[j.Trigger]);
            await _scheduler.ScheduleJobs(jobs, replace: false);
        }

        return Took(count, began);
    }

    private async Task<JsonObject> DrainAsync(int count)
    {
        var all = ExpectAsync(count);
        var began = Stopwatch.GetTimestamp();
        await _scheduler.Start();
        await all;
        var answer = Took(count, began);
        await _scheduler.Standby();
        answer["lastRate"] = count / 5.0 / Stopwatch.GetElapsedTime(Passed[4], Passed[5]).TotalSeconds;
        return answer;
    }

    private async Task<JsonObject> ProduceAsync(int count, TimeSpan pause)
    {
        for (var i = 0; i < count; i++)
        {
            await EnqueueAsync(Stopwatch.GetTimestamp());
            await Task.Delay(pause);
        }

        return new JsonObject { ["count"] = count };
    }

    private async Task<JsonObject> ConsumeAsync(int count)
    {
        var all = ExpectAsync(count);
        await _scheduler.Start();
        Console.WriteLine(new JsonObject { ["ready"] = true }.ToJsonString());
        await all;
        await _scheduler.Standby();
        lock (PickUps)
            return new JsonObject { ["pickUps"] = JsonSerializer.SerializeToNode(PickUps) };
    }

    private Task<DateTimeOffset> EnqueueAsync(long? at)
    {
        var (job, trigger) = Make(at);
        return _scheduler.ScheduleJob(job, trigger);
    }

    private (IJobDetail Job, ITrigger Trigger) Make(long? at)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}-{Interlocked.Increment(ref _jobs)}");
        var job = JobBuilder.Create<NoOpJob>().WithIdentity(name).UsingJobData("text", Payloads.Job.Text);
        if (at is { } moment)
            job.UsingJobData("at", moment.ToString(CultureInfo.InvariantCulture));
        return (job.Build(), TriggerBuilder.Create().WithIdentity(name).StartNow().Build());
    }

    private static Task ExpectAsync(int more)
    {
        Passed.Add(Stopwatch.GetTimestamp());
        _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _step = Math.Max(1, more / 5);
        _target = _count + more;
        return _reached.Task;
    }

    private static JsonObject Took(int count, long began) => new() { ["count"] = count, ["seconds"] = Stopwatch.GetElapsedTime(began).TotalSeconds };

    private static string Script()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("peers/Quartz.sql")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    /// <summary>Of a job's data, which are texts by name: a collection that JSON would write the names of alone.</summary>
    internal sealed class Json : IObjectSerializer
    {
        public void Initialize()
        {
            // Needs nothing.
        }

        public byte[] Serialize<T>(T obj)
            where T : class
            => obj is NameValueCollection texts
                ? JsonSerializer.SerializeToUtf8Bytes(texts.AllKeys.ToDictionary(static name => name!, name => texts[name]))
                : JsonSerializer.SerializeToUtf8Bytes(obj);

        public T? DeSerialize<T>(byte[] data)
            where T : class
        {
            if (typeof(T) != typeof(NameValueCollection))
                return JsonSerializer.Deserialize<T>(data);
            var texts = new NameValueCollection();
            foreach (var (name, text) in JsonSerializer.Deserialize<Dictionary<string, string?>>(data)!)
                texts.Add(name, text);
            return (T)(object)texts;
        }
    }

    internal sealed class NoOpJob : IJob
    {
        public Task Execute(IJobExecutionContext context)
        {
            lock (PickUps)
            {
                if (context.JobDetail.JobDataMap.TryGetString("at", out var at) && at is not null)
                    PickUps.Add((Stopwatch.GetTimestamp() - long.Parse(at, CultureInfo.InvariantCulture)) * 1_000.0 / Frequency);
                _count++;
                if (_count % _step == 0)
                    Passed.Add(Stopwatch.GetTimestamp());
                if (_count == _target)
                    _reached.TrySetResult();
            }

            return Task.CompletedTask;
        }
    }
}
