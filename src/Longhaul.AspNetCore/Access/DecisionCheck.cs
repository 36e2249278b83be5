using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Longhaul.AspNetCore.Access;

/// <summary>Stops an application that maps Longhaul without saying who may call. Until then the gate lets nobody in.</summary>
internal sealed class DecisionCheck(IServiceProvider services, IHostEnvironment environment) : IHostedLifecycleService
{
    // Endpoints are known once the server has started.
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        foreach (var source in services.GetServices<EndpointDataSource>())
        {
            foreach (var endpoint in source.Endpoints)
                Check(endpoint.Metadata);
        }

        return Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void Check(EndpointMetadataCollection metadata)
    {
        if (metadata.GetMetadata<AccessDecision>() is not { } access || metadata.GetMetadata<EndpointRule>() is not { Role: not Role.Nobody })
            return;
        if (metadata.GetMetadata<IAllowAnonymous>() is not null && !environment.IsDevelopment())
            throw new InvalidOperationException("Longhaul must not be open to everybody outside Development, but AllowAnonymous was called on what MapLonghaul returns. Call RequireAuthorization or AllowLocalOnly.");
        if (access.Kind == AccessKind.Anonymous && !environment.IsDevelopment())
            throw new InvalidOperationException($"AllowAnonymousForDevelopment must be called in the environment Development only, but this is {environment.EnvironmentName}. Call RequireAuthorization or AllowLocalOnly there.");
        if (access.Kind == AccessKind.Undecided && metadata.GetMetadata<IAuthorizeData>() is null)
            throw new InvalidOperationException("MapLonghaul must be told who may call, but is not. Call RequireAuthorization(\"policy\"), AllowLocalOnly() or AllowAnonymousForDevelopment() on what it returns.");
    }
}
