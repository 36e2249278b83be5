using System.Net;
using System.Net.Sockets;
using Longhaul;

namespace StorageMigration.Trees;

/// <summary>
/// Tells errors of a store from errors of a file. A store that is down would else fail every file in turn: instead the copy waits and tries again,
/// and after a while of nothing but trouble gives the attempt up.
/// </summary>
internal sealed class TreeTrouble(JobContext context, TimeSpan patience, TimeProvider time)
{
    private const int NoSpace = 28; // errno
    private const int ReadOnly = 30;
    private const int OverQuota = 122;
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private long? _since;

    /// <summary>A file was copied: what was before is over.</summary>
    public void Over()
    {
        if (_since is null)
            return;
        lock (_gate)
            _since = null;
    }

    /// <summary>What the loop is to be told: to try the file again later, to end the attempt, or the error itself.</summary>
    public Exception Judge(Exception error)
    {
        if (error is not ThrottledException && !IsOfAStore(error))
            return error;
        lock (_gate)
            _since ??= time.GetTimestamp();
        if (time.GetElapsedTime(_since.Value) >= patience)
            return new RetryAfterException(FirstDelay * Math.Pow(2, context.Attempt - 1), $"A store has given nothing but trouble for {patience:c}: {error.Message}", error);
        return error as ThrottledException ?? new ThrottledException(null, error.Message, error);
    }

    private static bool IsOfAStore(Exception error) => error switch
    {
        HttpRequestException { StatusCode: null or >= HttpStatusCode.InternalServerError } => true,
        Amazon.Runtime.AmazonServiceException { StatusCode: default(HttpStatusCode) or >= HttpStatusCode.InternalServerError } => true,
        HttpIOException or SocketException or TimeoutException => true,
        IOException io => io.HResult is NoSpace or ReadOnly or OverQuota || io.InnerException is SocketException,
        _ => false,
    };
}
