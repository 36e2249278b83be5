using Longhaul.Storage;

namespace Longhaul.Jobs;

/// <summary>An exception as it is kept with a failed item.</summary>
internal static class ItemError
{
    private const int MessageLength = 1_000;
    private const int DetailLength = 8_000;

    public static JobError From(Exception e) => new(
        e.GetType().FullName ?? e.GetType().Name, StorageText.Clean(e.Message, MessageLength), StorageText.Clean(e.ToString(), DetailLength));
}
