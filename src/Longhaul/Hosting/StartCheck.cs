using Microsoft.Extensions.Hosting;

namespace Longhaul.Hosting;

/// <summary>Stops the host from starting when something that was put together does not hold.</summary>
internal sealed class StartCheck(Func<LonghaulInstance> instance) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        _ = instance(); // it checks everything, and throws all that is wrong
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
