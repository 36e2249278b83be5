namespace StorageMigration.Web;

/// <summary>What a caller wants to run, as it was asked for: nothing of it is checked yet but its form.</summary>
/// <param name="Command">The command's path.</param>
/// <param name="Arguments">By name; a yes or no is <c>1</c> or <c>0</c>.</param>
/// <param name="DryRun">Only tell what would be done.</param>
/// <param name="Stream">Whether the output is wanted as it comes.</param>
internal sealed record CommandRequest(string Command, IReadOnlyDictionary<string, string> Arguments, bool DryRun, bool Stream);
