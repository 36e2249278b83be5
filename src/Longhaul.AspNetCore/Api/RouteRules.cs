using System.Collections.Concurrent;
using System.Reflection;
using Longhaul.AspNetCore.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace Longhaul.AspNetCore.Api;

/// <summary>The body that a route reads by hand. Not ASP.NET Core's own metadata: that would choose between endpoints by content type.</summary>
internal sealed record RequestBodyRule(Type Type, bool IsOptional);

/// <summary>What an operation is called in the OpenAPI document.</summary>
internal sealed record OperationName(string Name);

/// <summary>Says of a route what the gate is to ask.</summary>
internal static class RouteRules
{
    private static readonly ConcurrentDictionary<Type, string[]> Names = new();

    extension(RouteHandlerBuilder route)
    {
        /// <summary>Who may call, and whether it is about all owners' jobs.</summary>
        public RouteHandlerBuilder For(Role role, bool ofTheWhole = false) => route.WithMetadata(new EndpointRule(role) { OfTheWhole = ofTheWhole });

        /// <summary>The same, with the query's parameters: the properties of <typeparamref name="TQuery"/>.</summary>
        public RouteHandlerBuilder For<TQuery>(Role role, bool ofTheWhole = false)
            => route.WithMetadata(new EndpointRule(role) { OfTheWhole = ofTheWhole, Query = NamesOf(typeof(TQuery)) });

        /// <summary>The operation's name in the OpenAPI document. Not an endpoint's name: that must be unique in the whole application.</summary>
        public RouteHandlerBuilder Named(string name) => route.WithMetadata(new OperationName(name));

        /// <summary>A body that is read by hand.</summary>
        public RouteHandlerBuilder Takes<TBody>(bool isOptional = false) where TBody : notnull
            => route.WithMetadata(new RequestBodyRule(typeof(TBody), isOptional));

        public RouteHandlerBuilder Fails(params int[] statuses)
        {
            foreach (var status in statuses)
                route.Produces<Views.ProblemView>(status, "application/problem+json");
            return route;
        }
    }

    private static string[] NamesOf(Type query) => Names.GetOrAdd(query, static type =>
        [.. type.GetProperties().Select(static p => p.GetCustomAttribute<FromQueryAttribute>()?.Name).OfType<string>()]);
}
