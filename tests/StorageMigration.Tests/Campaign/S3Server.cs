using System.Diagnostics;
using Amazon.Runtime;
using Amazon.S3;
using Longhaul.Servers;

namespace StorageMigration.Tests.Campaign;

/// <summary>s3rver on a free port of this machine, to be killed and started again on the same port and folder. It ends with this process.</summary>
internal sealed class S3Server : IAsyncDisposable
{
    public const string AccessKey = "S3RVER", Secret = "S3RVER", Region = "us-east-1";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly string[] _arguments;
    private readonly HttpClient _http = new();
    private Process _process = null!;

    private S3Server(string script, string folder, int port, int partDelay, string[] buckets)
    {
        (Port, LogFile) = (port, folder.TrimEnd('/') + ".log");
        _arguments = [script, folder, Text(port), LogFile, Text(partDelay), .. buckets];
        Environment.SetEnvironmentVariable("AWS_ACCESS_KEY_ID", AccessKey); // where stores look for them
        Environment.SetEnvironmentVariable("AWS_SECRET_ACCESS_KEY", Secret);
    }

    public int Port { get; }

    public string Endpoint => $"http://127.0.0.1:{Port}";

    /// <summary>What was written, a line a request: <c>PUT bucket/key</c>, <c>PART n bucket/key</c>, <c>COMPLETE bucket/key</c>.</summary>
    public string LogFile { get; }

    /// <param name="scripts">The folder of <c>server.js</c> and its packages.</param>
    /// <param name="folder">Where it keeps its buckets.</param>
    /// <param name="partDelay">Milliseconds that each part of a large object takes at least.</param>
    /// <param name="buckets">Made where there are none.</param>
    public static async Task<S3Server> StartAsync(string scripts, string folder, int partDelay, params string[] buckets)
    {
        var script = Path.Combine(scripts, "server.js");
        if (!Directory.Exists(Path.Combine(scripts, "node_modules")))
            throw new InvalidOperationException($"The S3 server of the tests is not installed. Run ./test samples, or: npm ci --ignore-scripts --prefix {scripts}");
        Directory.CreateDirectory(folder);
        var server = new S3Server(script, folder, ServerProcess.FreePort(), partDelay, buckets);
        await server.StartAgainAsync();
        return server;
    }

    /// <summary>As settings of the sample name a place in it.</summary>
    public string Address(string bucket, string prefix = "") => $"s3://{bucket}/{prefix}?endpoint={Endpoint}&region={Region}";

    public AmazonS3Client Client() => new(
        new BasicAWSCredentials(AccessKey, Secret),
        new AmazonS3Config
        {
            ServiceURL = Endpoint,
            AuthenticationRegion = Region,
            ForcePathStyle = true,
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        });

    public async Task StartAgainAsync()
    {
        _process = Process.Start(new ProcessStartInfo("node", _arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var line = await _process.StandardOutput.ReadLineAsync().WaitAsync(Patience);
        if (line != "listening")
            throw new InvalidOperationException($"The S3 server must say that it listens, but ended: {await _process.StandardError.ReadToEndAsync()}");
    }

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    /// <summary>The next requests are refused.</summary>
    /// <param name="status">503: it asks to be left alone. 500: an error of its own.</param>
    /// <param name="times">How many.</param>
    public async Task RefuseAsync(int status, int times)
        => (await _http.GetAsync(new Uri($"{Endpoint}/-/refuse?status={status}&times={times}"))).EnsureSuccessStatusCode();

    /// <summary>Waits until so many objects or parts were written to a bucket.</summary>
    public async Task WrittenAsync(string bucket, int count, CancellationToken cancellationToken)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (Log().Count(line => line.Contains($" {bucket}/", StringComparison.Ordinal)) < count)
        {
            if (TimeProvider.System.GetElapsedTime(start) > Patience)
                throw new TimeoutException($"Waited in vain for {count} writes to {bucket}.");
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, cancellationToken);
        }
    }

    public string[] Log() => File.Exists(LogFile) ? File.ReadAllLines(LogFile) : [];

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (!_process.HasExited)
            await KillAsync();
    }

    private static string Text(int number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
