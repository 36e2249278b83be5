namespace Longhaul.Jobs;

/// <summary>A payload that cannot be read: fails its job alone, for good. The message never holds the payload's content, so there is no inner exception either.</summary>
internal sealed class PayloadException(string message) : Exception(message);
