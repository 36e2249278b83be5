using System.Net;
using Amazon.Runtime;
using Longhaul;

namespace StorageMigration.Objects;

/// <summary>
/// Calls a server that may be away for a while. A short absence is waited for here; a longer one, and a server that asks to be left alone,
/// become a <see cref="ThrottledException"/>: a loop then waits, and tries its item again without counting a failure.
/// </summary>
internal sealed class S3Calls(IRequestGate gate, TimeProvider time)
{
    /// <summary>How long a call waits for a server that does not answer.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Later = TimeSpan.FromSeconds(2);

    private static readonly string[] PassingErrors = ["InternalError", "ServiceUnavailable", "RequestTimeout", "RequestTimeoutException", "OperationAborted"];
    private static readonly string[] Refusals = ["SlowDown", "Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequests", "BandwidthLimitExceeded"];

    /// <summary>Calls, again and again while the server is away.</summary>
    /// <exception cref="ThrottledException">It is away for longer, or asks to be left alone.</exception>
    public async Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            await gate.PassAsync(cancellationToken);
            try
            {
                return await call(cancellationToken);
            }
            catch (Exception e) when (MayPass(e, cancellationToken))
            {
                if (IsRefusal(e) || time.GetElapsedTime(began) >= Patience)
                    throw Throttled(e);
            }

            await Task.Delay(pause, time, cancellationToken);
        }
    }

    /// <summary>Calls once: for what must not be repeated blindly.</summary>
    public async Task<T> RunOnceAsync<T>(Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        await gate.PassAsync(cancellationToken);
        try
        {
            return await call(cancellationToken);
        }
        catch (Exception e) when (MayPass(e, cancellationToken))
        {
            throw Throttled(e);
        }
    }

    public static ThrottledException Throttled(Exception e) => new(IsRefusal(e) ? null : Later, $"the S3 server: {e.Message}", e);

    /// <summary>Whether the same call may work later.</summary>
    public static bool MayPass(Exception e, CancellationToken cancellationToken) => e switch
    {
        ThrottledException => false,
        OperationCanceledException => !cancellationToken.IsCancellationRequested, // the client's own time limit
        AmazonServiceException service => IsRefusal(service) || (int)service.StatusCode >= 500 && service.StatusCode != HttpStatusCode.NotImplemented
            || service.StatusCode is HttpStatusCode.RequestTimeout || PassingErrors.Contains(service.ErrorCode)
            || (service.StatusCode == default(HttpStatusCode) && service.InnerException is { } inner && MayPass(inner, cancellationToken))
            || service is AmazonUnmarshallingException, // an answer that broke off
        AmazonClientException { InnerException: { } inner } => MayPass(inner, cancellationToken),
        HttpRequestException or IOException or TimeoutException or System.Net.Sockets.SocketException => true,
        _ => false,
    };

    private static bool IsRefusal(Exception e)
        => e is AmazonServiceException service && (service.StatusCode == HttpStatusCode.TooManyRequests || Refusals.Contains(service.ErrorCode));
}
