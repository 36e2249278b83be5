using Longhaul.Conformance;
using Longhaul.Storage;
using Microsoft.Data.Sqlite;

namespace Longhaul.Sqlite.Tests;

/// <summary>A folder for one test, with the machine's own clock: for what has to do with files, locks and other programs.</summary>
public sealed class StoreFolder : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("longhaul-");
    private readonly List<SqliteStore> _stores = [];

    public string Path => In("jobs.db");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public string In(string name) => System.IO.Path.Combine(_folder.FullName, name);

    public async Task<SqliteStore> OpenAsync(Action<SqliteOptions>? configure = null, bool migrate = true)
    {
        var options = new SqliteOptions { Path = Path };
        configure?.Invoke(options);
        var store = new SqliteStore(options);
        _stores.Add(store);
        await store.OpenAsync(migrate, Cancel);
        return store;
    }

    /// <summary>Another program on the same file.</summary>
    public SqliteConnection Connect(string? path = null)
    {
        var connection = new SqliteConnection($"Data Source={path ?? Path};Pooling=False");
        connection.Open();
        return connection;
    }

    public void Run(string sql)
    {
        using var connection = Connect();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    public long Ask(string sql)
    {
        using var connection = Connect();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return Convert.ToInt64(command.ExecuteScalar(), System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>As a store wants its file to be.</summary>
    public static void CloseToOthers(string path)
    {
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    public async Task CloseAsync(SqliteStore store)
    {
        _stores.Remove(store);
        await store.DisposeAsync();
    }

    public async Task CloseAllAsync()
    {
        foreach (var store in _stores)
            await store.DisposeAsync();
        _stores.Clear();
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAllAsync();
        _folder.Delete(recursive: true);
    }
}

/// <summary>Short words for tests on a store.</summary>
public static class StoreWords
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<JobId[]> AddAsync(this IJobStore store, int count = 1, Func<NewJob, int, NewJob>? change = null)
    {
        var first = (await store.TakeIdsAsync(count, null, Cancel)).Value;
        var jobs = Enumerable.Range(0, count).Select(i => Make.Job(new(first + i))).Select((job, i) => change is null ? job : change(job, i)).ToList();
        (await store.EnqueueAsync(jobs, null, Cancel)).ShouldAllBe(static answer => answer.Status == EnqueueStatus.Created);
        return [.. jobs.Select(static job => job.Id)];
    }

    /// <summary>Nothing is wrong with the file: counts, ranges, pages.</summary>
    public static async Task ShouldBeSoundAsync(this IJobStore store) => (await store.CheckAsync(Cancel)).ShouldBeEmpty();
}
