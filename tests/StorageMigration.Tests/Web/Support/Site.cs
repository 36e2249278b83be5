using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Longhaul;
using Longhaul.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using StorageMigration.Migration;
using StorageMigration.Objects;
using StorageMigration.Web;

namespace StorageMigration.Tests.Web;

/// <summary>The application with its page and the tests' commands, in this process, on a folder of its own and a free port.</summary>
internal sealed partial class Site : IAsyncDisposable
{
    public static readonly (string, string?) NoWorker = ("Migration:RunsJobs", "false");

    private readonly WebApplication _app;
    private bool _ended;

    private Site(WebApplication app)
    {
        _app = app;
        Client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = new Uri(app.PageAddress), Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>Calls it with a cookie, but without the token.</summary>
    public HttpClient Client { get; }

    /// <summary>With a slash at the end.</summary>
    public string Address => _app.PageAddress;

    public string Token { get; private set; } = "";

    public IJobClient Jobs => Get<IJobClient>();

    public IJobStore Store => Get<IJobStore>();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Starts it on a folder; the source and the target are folders in it.</summary>
    public static Task<Site> StartAsync(string root, params (string Key, string? Value)[] settings) => StartAsync(root, more: null, settings);

    public static async Task<Site> StartAsync(string root, Action<WebApplicationBuilder>? more, params (string Key, string? Value)[] settings)
    {
        var source = Directory.CreateDirectory(Path.Combine(root, "source")).FullName;
        foreach (var name in (string[])["a.jpg", "b.jpg", "c.jpg"])
            await File.WriteAllTextAsync(Path.Combine(source, name), name, Cancel);
        var all = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Migration:Root"] = root,
            ["Migration:Source"] = source,
            ["Migration:Target"] = Path.Combine(root, "target"),
            ["Migration:Port"] = "0",
            ["LONGHAUL_STORE"] = StoreIn(root),
            ["Logging:LogLevel:Default"] = "None",
            ["Longhaul:Worker:ShutdownTimeout"] = "00:00:01", // a program that waits for a test is not waited for when the test has ended
        };
        foreach (var (key, value) in settings)
            all[key] = value;
        var app = MigrationSite.Build(
            builder =>
            {
                TestCommands.Add(builder);
                more?.Invoke(builder);
            },
            [.. all.Select(static setting => (setting.Key, setting.Value))]);
        await app.StartAsync(Cancel);
        var site = new Site(app);
        (site.Token, _) = more is null ? await site.SignInAsync(site.Client, site.Address) : ("", "");
        return site;
    }

    public static string StoreIn(string root) => "sqlite:" + Path.Combine(root, "longhaul.db");

    public T Get<T>() where T : notnull => _app.Services.GetRequiredService<T>();

    /// <summary>Loads the page as a browser does: the client keeps the cookie, the token stands in the hidden field.</summary>
    public async Task<(string Token, string Page)> SignInAsync(HttpClient client, string address)
    {
        var page = await client.GetStringAsync(new Uri(address), Cancel);
        return (WebUtility.HtmlDecode(HiddenField.Match(page).Groups["token"].Value), page);
    }

    /// <summary>Posts with the token.</summary>
    public Task<(HttpStatusCode Status, JsonElement Body)> PostAsync(string path, object body) => PostAsync(path, JsonSerializer.Serialize(body));

    public async Task<(HttpStatusCode Status, JsonElement Body)> PostAsync(string path, string json, string? type = "application/json", string? token = null)
    {
        using var response = await SendAsync(Client, Request(path, json, type, token ?? Token));
        return (response.StatusCode, await ReadAsync(response));
    }

    /// <summary>Sends a command whose answer is read as it comes.</summary>
    public Task<HttpResponseMessage> StreamAsync(object body, CancellationToken cancellationToken)
        => Client.SendAsync(Request(Action("run-command"), JsonSerializer.Serialize(body), "application/json", Token), HttpCompletionOption.ResponseHeadersRead, cancellationToken);

    public async Task<(HttpStatusCode Status, JsonElement Body)> GetAsync(string path, HttpClient? client = null)
    {
        using var response = await (client ?? Client).GetAsync(path, Cancel);
        return (response.StatusCode, await ReadAsync(response));
    }

    /// <summary>The path of an action.</summary>
    public static string Action(string name) => $"{MigrationSite.Actions}/{name}"[1..];

    /// <summary>Queues a command, and gives its job's id.</summary>
    public async Task<long> QueueAsync(string command, object? args = null, bool dryRun = false) => (await QueueFullAsync(command, args, dryRun)).GetProperty("jobId").GetInt64();

    public async Task<JsonElement> QueueFullAsync(string command, object? args = null, bool dryRun = false)
    {
        var (status, body) = await PostAsync(Action("run-command-queue"), new { command, args = args ?? new { }, dryRun });
        status.ShouldBe(HttpStatusCode.OK, body.ToString());
        return body;
    }

    public async Task<JsonElement> StatusAsync(long job) => (await GetAsync($"{Action("get-queue-status")}?jobId={job}")).Body;

    /// <summary>Waits until nothing runs, and lays down the checkpoint that the seed names, to be resumed.</summary>
    public async Task LayCheckpointAsync()
    {
        await UntilAsync(
            async () => (await Store.ListJobsAsync(new JobFilter { States = [JobState.Pending, JobState.Running] }, new PageRequest(1), Cancel)).Items.Count,
            static count => count == 0, "all jobs to end");
        var (options, stores) = (Get<IOptions<MigrationOptions>>().Value, Get<ObjectStores>());
        await using var source = stores.Open(options.Source);
        await using var target = stores.Open(options.Target);
        Get<CheckpointFiles>().Save(new CheckpointFile
        {
            CheckpointId = "migration-1699999999-abc123",
            MigrationId = "queue-1699999999-abc123",
            JobId = "",
            Source = source.Address,
            Target = target.Address,
            StartedAt = TimeProvider.System.GetUtcNow(),
            Phase = "inventory",
        });
    }

    /// <summary>Waits until a job's status is this.</summary>
    public Task<JsonElement> UntilStatusAsync(long job, string status) => UntilAsync(() => StatusAsync(job), answer => answer.GetProperty("status").GetString() == status, $"job {job} to be {status}");

    public static async Task<T> UntilAsync<T>(Func<Task<T>> ask, Func<T, bool> holds, string what)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var answer = await ask();
            if (holds(answer))
                return answer;
            TimeProvider.System.GetElapsedTime(start).ShouldBeLessThan(TimeSpan.FromMinutes(2), $"waited in vain for {what}; it is {answer}");
            await Task.Delay(TimeSpan.FromMilliseconds(30), TimeProvider.System, Cancel);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_ended)
            return;
        _ended = true;
        Client.Dispose();
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
        SqliteConnection.ClearAllPools();
    }

    public static HttpRequestMessage Request(string path, string json, string? type, string? token)
    {
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(json));
        if (type is not null)
            content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
        if (!string.IsNullOrEmpty(token))
            request.Headers.Add("X-CSRF-Token", token);
        return request;
    }

    public static async Task<HttpResponseMessage> SendAsync(HttpClient client, HttpRequestMessage request)
    {
        using (request)
            return await client.SendAsync(request, Cancel);
    }

    public static async Task<JsonElement> ReadAsync(HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync(Cancel);
        return text.Length == 0 ? default : JsonSerializer.Deserialize<JsonElement>(text);
    }

    [GeneratedRegex("name=\"CSRF_TOKEN\" value=\"(?<token>[^\"]+)\"", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex HiddenField { get; }
}
