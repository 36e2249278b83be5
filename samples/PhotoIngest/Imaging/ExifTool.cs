using System.Collections.Concurrent;
using Microsoft.Extensions.Options;

namespace PhotoIngest.Imaging;

/// <summary>Reads metadata and embedded pictures, through a few exiftools that stay open.</summary>
internal sealed class ExifTool(IOptions<PhotoOptions> options, TimeProvider time) : IDisposable
{
    private readonly ConcurrentBag<ExifToolProcess> _idle = [];
    private readonly SemaphoreSlim _free = new(Math.Max(1, Environment.ProcessorCount / 2));

    /// <summary>Those that wait for a question.</summary>
    internal IReadOnlyCollection<ExifToolProcess> Idle => _idle;

    /// <summary>Reads tags of one file. A file or tag that cannot be read is missing from the answer, whatever is wrong with it.</summary>
    /// <param name="file">Full path.</param>
    /// <param name="tags">As on the command line: <c>-Model</c>, <c>-Orientation#</c>, <c>-b</c>.</param>
    /// <exception cref="ToolException">exiftool is missing, hangs or died twice.</exception>
    public async Task<ExifTags> ReadAsync(string file, string[] tags, CancellationToken cancellationToken)
    {
        await _free.WaitAsync(cancellationToken);
        try
        {
            try
            {
                return await AskAsync([.. tags, "-json", file], cancellationToken);
            }
            catch (ToolException) when (!cancellationToken.IsCancellationRequested)
            {
                // It may have died of an earlier question, or of Ctrl-C on the terminal.
                return await AskAsync([.. tags, "-json", file], cancellationToken);
            }
        }
        finally
        {
            _free.Release();
        }
    }

    public void Dispose()
    {
        while (_idle.TryTake(out var process))
            process.Dispose();
        _free.Dispose();
    }

    private async Task<ExifTags> AskAsync(string[] question, CancellationToken cancellationToken)
    {
        var process = _idle.TryTake(out var idle) ? idle : new ExifToolProcess();
        using var limit = new CancellationTokenSource(options.Value.ToolLimit, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            var answer = await process.AskAsync(question, stop.Token);
            _idle.Add(process);
            return ExifTags.Parse(answer);
        }
        catch (Exception e)
        {
            process.Dispose();
            if (e is OperationCanceledException && !cancellationToken.IsCancellationRequested)
                throw new ToolException($"exiftool took longer than {options.Value.ToolLimit.TotalSeconds:0} s", e);
            throw;
        }
    }
}
