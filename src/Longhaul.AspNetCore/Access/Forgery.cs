using Longhaul.AspNetCore.Problems;
using Microsoft.AspNetCore.Http;

namespace Longhaul.AspNetCore.Access;

/// <summary>
/// Refuses a state-changing request that another site's page made a browser send: such a page can add neither this header nor a foreign
/// <c>Origin</c> that is ours, and the API answers no CORS request.
/// </summary>
internal static class Forgery
{
    public const string Header = "X-Longhaul-Request";

    public static void Check(HttpRequest request)
    {
        if (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
            return;
        var headers = request.Headers;
        if (headers["Sec-Fetch-Site"] is [{ } site] && site is not ("same-origin" or "none"))
            throw ApiProblem.Forgery($"A change must come from the application's own page (Sec-Fetch-Site same-origin), but came from one that is {site}.");
        if (headers.Origin is [{ } origin] && !IsOwn(origin, request))
            throw ApiProblem.Forgery("A change must come from the application's own page, but its Origin is another. Behind a proxy, let it hand the Host header on.");
        if (IsBrowser(headers) && headers[Header].Count == 0)
            throw ApiProblem.Forgery($"A change from a browser must carry the header {Header}: 1, but does not. Send it with every POST and DELETE.");
    }

    private static bool IsOwn(string origin, HttpRequest request)
        => Uri.TryCreate(origin, UriKind.Absolute, out var uri) && string.Equals(uri.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase);

    private static bool IsBrowser(IHeaderDictionary headers)
        => headers.Origin.Count > 0 || headers.Referer.Count > 0 || headers.Cookie.Count > 0 || headers.ContainsKey("Sec-Fetch-Site")
            || headers.UserAgent.ToString().StartsWith("Mozilla/", StringComparison.Ordinal);
}
