using System.Net;

namespace StorageMigration.Objects.Drive;

/// <summary>Google Drive refused a request.</summary>
internal sealed class DriveException(HttpStatusCode? status, string message) : Exception(message)
{
    /// <summary>The status of the answer; null: it was not understood.</summary>
    public HttpStatusCode? Status { get; } = status;
}
