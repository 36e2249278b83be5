namespace PhotoIngest.Imaging;

/// <summary>One way to come to a preview.</summary>
internal interface IPreviewMethod
{
    /// <summary>As traces name it.</summary>
    string Name { get; }

    /// <summary>Writes a JPEG whose long side is <paramref name="longSide"/>, or that of the original when that is smaller.</summary>
    /// <exception cref="UnreadablePhotoException">It does not work for this photo; the message says why.</exception>
    Task MakeAsync(string original, string target, int longSide, CancellationToken cancellationToken);
}
