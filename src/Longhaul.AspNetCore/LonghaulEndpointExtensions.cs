using Longhaul.AspNetCore;
using Longhaul.AspNetCore.Access;
using Longhaul.AspNetCore.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Longhaul;

/// <summary>Maps the HTTP API into an application.</summary>
public static class LonghaulEndpointExtensions
{
    extension(IEndpointRouteBuilder endpoints)
    {
        /// <summary>Maps API, live events and dashboard of the Longhaul that <c>AddHttp</c> was called for. Tell what it returns who may call.</summary>
        /// <param name="prefix">The path below which all of it lies, such as <c>/longhaul</c>.</param>
        /// <param name="name">Which Longhaul, where there are several; null: the one without a name.</param>
        public LonghaulEndpoints MapLonghaul(string prefix = "/longhaul", string? name = null)
        {
            ArgumentNullException.ThrowIfNull(endpoints);
            ArgumentNullException.ThrowIfNull(prefix);
            var path = "/" + prefix.Trim('/');
            if (path.Contains('{', StringComparison.Ordinal) || path.Contains("//", StringComparison.Ordinal))
                throw new ArgumentException($"The prefix must be a plain path such as /longhaul, but was {Jobs.Quoted.Text(prefix)}.", nameof(prefix));
            path = path.TrimEnd('/');
            var http = (name is null ? endpoints.ServiceProvider.GetService<LonghaulHttp>() : endpoints.ServiceProvider.GetKeyedService<LonghaulHttp>(name))
                ?? throw new InvalidOperationException($"MapLonghaul must find the services of AddHttp, but there are none{(name is null ? "" : $" for \"{name}\"")}. Call AddHttp() in AddLonghaul.");

            var access = new AccessDecision();
            var group = endpoints.MapGroup(path);
            group.WithMetadata(access).WithTags("Longhaul");
            if (!http.Options.IsDescribed)
                group.ExcludeFromDescription();
            Routes.Map(group, http, path);
            ((IEndpointConventionBuilder)group).Finally(builder => Guard(builder, http, access));
            return new LonghaulEndpoints(group, access, path);
        }
    }

    /// <summary>Puts the gate before an endpoint's own code, so that it stands also before the reading of parameters.</summary>
    private static void Guard(EndpointBuilder builder, LonghaulHttp http, AccessDecision access)
    {
        var rule = builder.Metadata.OfType<EndpointRule>().LastOrDefault()
            ?? throw new InvalidOperationException($"The endpoint {builder.DisplayName} has no rule: nobody could call it.");
        builder.RequestDelegate = new Gate(http, access, rule, builder.RequestDelegate!).InvokeAsync;
    }
}
