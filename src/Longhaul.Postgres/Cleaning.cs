using System.Diagnostics.CodeAnalysis;
using Longhaul.Storage;

namespace Longhaul.Postgres;

/// <summary>Text of people and exceptions as it is kept: <see cref="StorageText.Clean"/>, for what may be missing.</summary>
internal static class Cleaning
{
    [return: NotNullIfNotNull(nameof(text))]
    public static string? Cleaned(this string? text, int maxLength = int.MaxValue) => text is null ? null : StorageText.Clean(text, maxLength);

    public static JobError Cleaned(this JobError error) => new(error.Type.Cleaned(), error.Message.Cleaned(), error.Detail.Cleaned());
}
