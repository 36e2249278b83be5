namespace Longhaul.Processes;

/// <summary>A program with its arguments, checked: what will run.</summary>
internal sealed record ProcessCommand(string Name, ProcessEntry Entry, IReadOnlyList<string> Arguments);
