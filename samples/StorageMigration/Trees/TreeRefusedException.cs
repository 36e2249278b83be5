namespace StorageMigration.Trees;

/// <summary>A tree may not be copied from or to there. The message is for who asked.</summary>
internal sealed class TreeRefusedException(string message) : Exception(message);
