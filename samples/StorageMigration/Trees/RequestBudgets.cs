using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using StorageMigration.Objects;

namespace StorageMigration.Trees;

/// <summary>The limits of requests of this process: one a server, shared by all that is copied from and to it.</summary>
internal sealed class RequestBudgets(IOptions<TreeSettings> settings, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, RequestBudget> _byServer = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>What is asked before each request to the server of an address.</summary>
    /// <param name="address">The address of a store.</param>
    /// <param name="ownLimit">A lower limit of one job's own; null: none.</param>
    public IRequestGate Of(string address, int? ownLimit = null)
    {
        if (ServerOf(address) is not { } server)
            return OpenGate.Instance;
        var shared = _byServer.GetOrAdd(server, _ => New(settings.Value.Requests));
        return ownLimit is { } own ? new BothGates(New(own), shared) : shared;
    }

    /// <returns>Null: a folder has none.</returns>
    private static string? ServerOf(string address)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.IsFile)
            return null;
        var endpoint = uri.Query.TrimStart('?').Split('&').FirstOrDefault(static part => part.StartsWith("endpoint=", StringComparison.OrdinalIgnoreCase));
        return $"{uri.Scheme} {endpoint}";
    }

    private RequestBudget New(int requests) => new(requests, settings.Value.RequestWindow, time);

    private sealed class BothGates(IRequestGate first, IRequestGate second) : IRequestGate
    {
        public async ValueTask PassAsync(CancellationToken cancellationToken)
        {
            await first.PassAsync(cancellationToken);
            await second.PassAsync(cancellationToken);
        }
    }
}
