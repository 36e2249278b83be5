using Microsoft.AspNetCore.Http;

namespace Longhaul;

/// <summary>How the HTTP API behaves. Set it by <c>longhaul.AddHttp(http => …)</c>.</summary>
public sealed class HttpOptions
{
    /// <summary>Names the owner that a caller is bound to: only that owner's jobs are seen and touched. Null (default), or a null answer: bound to none.</summary>
    public Func<HttpContext, string?>? OwnerOf { get; set; }

    /// <summary>Names the caller for history and audit; default the user's name, else <c>local</c>.</summary>
    public Func<HttpContext, string?>? UserOf { get; set; }

    /// <summary>Whether jobs may be enqueued whose name neither this host nor a living worker handles; default false.</summary>
    public bool AcceptUnknownNames { get; set; }

    /// <summary>How many clients may follow live events at once; default 5,000. Further ones are answered 503.</summary>
    public int MaxEventClients { get; set; } = 5_000;

    /// <summary>Whether the routes appear in the application's own OpenAPI document: only where ours is made.</summary>
    internal bool IsDescribed { get; set; }
}
