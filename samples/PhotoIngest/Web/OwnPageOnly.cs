using Microsoft.AspNetCore.Http;

namespace PhotoIngest.Web;

/// <summary>
/// Refuses a change that another site's page made a browser send: such a page cannot add the header without being asked first, which
/// nobody here answers, and its own address stands in <c>Origin</c>.
/// </summary>
internal sealed class OwnPageOnly : IEndpointFilter
{
    public const string Header = "X-Photo-Ingest";

    public ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var request = context.HttpContext.Request;
        return HttpMethods.IsGet(request.Method) || IsOwn(request)
            ? next(context)
            : ValueTask.FromResult<object?>(TypedResults.Problem($"A change must come from this site's own page, with the header {Header}: 1.", statusCode: StatusCodes.Status403Forbidden));
    }

    private static bool IsOwn(HttpRequest request) =>
        request.Headers.ContainsKey(Header)
        && request.Headers["Sec-Fetch-Site"].ToString() is "" or "same-origin"
        && request.Headers.Origin.ToString() is var origin && (origin.Length == 0 || origin == $"{request.Scheme}://{request.Host}");
}
