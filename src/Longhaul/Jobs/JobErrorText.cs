using Longhaul.Storage;

namespace Longhaul.Jobs;

/// <summary>Makes the record of an error that a handler threw.</summary>
internal static class JobErrorText
{
    private const int MessageLength = 4_000;
    private const int DetailLength = 16_000;

    public static JobError Of(Exception error)
        => new(error.GetType().FullName!, StorageText.Clean(error.Message, MessageLength), StorageText.Clean(error.ToString(), DetailLength));
}
