using Microsoft.Extensions.Logging;

namespace Longhaul.Load.Campaigns.Web;

/// <summary>What the campaigns' jobs write to their logs.</summary>
internal static partial class WebLog
{
    [LoggerMessage(1, LogLevel.Information, "Step {Step} of a long way")]
    public static partial void Step(ILogger logger, int step);
}
