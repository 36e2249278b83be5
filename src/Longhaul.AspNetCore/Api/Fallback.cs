using Longhaul.AspNetCore.Access;
using Longhaul.AspNetCore.Problems;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;

namespace Longhaul.AspNetCore.Api;

/// <summary>Answers what no route of the API takes: 405 where the path is there with another method, else 404; both behind the gate.</summary>
internal static class Fallback
{
    public static void Map(RouteGroupBuilder group)
        => group.Map("/api/{**rest}", AnswerAsync).WithMetadata(new EndpointRule(Role.View), new Hidden());

    private static Task AnswerAsync(HttpContext context)
    {
        var methods = Methods(context);
        throw methods.Length == 0 ? ApiProblem.NotFound() : ApiProblem.Method(string.Join(", ", methods));
    }

    /// <summary>The methods of our routes that match the path. Walked only for requests that failed anyway.</summary>
    private static string[] Methods(HttpContext context)
    {
        var mine = context.GetEndpoint()!.Metadata.GetMetadata<AccessDecision>();
        var found = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var source in context.RequestServices.GetServices<EndpointDataSource>())
        {
            foreach (var endpoint in source.Endpoints.OfType<RouteEndpoint>())
            {
                if (endpoint.Metadata.GetMetadata<AccessDecision>() == mine
                    && endpoint.Metadata.GetMetadata<IHttpMethodMetadata>() is { } methods
                    && Matches(endpoint.RoutePattern, context.Request.Path.Value ?? ""))
                {
                    found.UnionWith(methods.HttpMethods);
                }
            }
        }

        return [.. found];
    }

    private static bool Matches(RoutePattern pattern, string path)
    {
        var parts = path.Trim('/').Split('/');
        if (pattern.PathSegments.Count != parts.Length)
            return false;
        for (var i = 0; i < parts.Length; i++)
        {
            var isText = pattern.PathSegments[i].Parts is [RoutePatternLiteralPart literal] && !literal.Content.Equals(parts[i], StringComparison.OrdinalIgnoreCase);
            if (isText)
                return false;
        }

        return true;
    }

    private sealed class Hidden : IExcludeFromDescriptionMetadata
    {
        public bool ExcludeFromDescription => true;
    }
}
