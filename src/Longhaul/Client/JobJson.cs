using System.Text.Json;

namespace Longhaul;

/// <summary>The one way in which payloads, results and states become JSON and come back.</summary>
internal static class JobJson
{
    /// <summary>Web defaults: camel case written, any case read.</summary>
    public static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web) { WriteIndented = false };
}
