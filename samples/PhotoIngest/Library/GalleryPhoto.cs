namespace PhotoIngest.Library;

/// <summary>A photo as the pages show it.</summary>
internal sealed record GalleryPhoto
{
    public required string Uuid { get; init; }

    /// <summary>Its place in the gallery: who came later has a greater one.</summary>
    public required long Arrived { get; init; }

    /// <summary>Grows whenever the photo changes.</summary>
    public required long Changed { get; init; }

    public required string Name { get; init; }

    public required long Bytes { get; init; }

    public required PhotoState State { get; init; }

    public required bool Confirmed { get; init; }

    /// <summary>Long side in pixels; null: none yet.</summary>
    public int? PreviewSize { get; init; }

    /// <summary>Why it was given up.</summary>
    public string? Reason { get; init; }

    public string? Camera { get; init; }

    /// <summary>By the camera's clock.</summary>
    public DateTime? TakenAt { get; init; }

    public int? Width { get; init; }

    public int? Height { get; init; }
}

/// <summary>Some photos, with what is known of all.</summary>
/// <param name="Photos">Those asked for.</param>
/// <param name="At">The number to ask with for what changes after this look.</param>
/// <param name="Counts">All photos.</param>
internal sealed record GalleryLook(IReadOnlyList<GalleryPhoto> Photos, long At, GalleryCounts Counts);

/// <summary>All photos in numbers.</summary>
/// <param name="Photos">All of them.</param>
/// <param name="Chosen">Confirmed, and not given up.</param>
/// <param name="Open">Still to be chosen.</param>
/// <param name="Waiting">Their preview is to come.</param>
/// <param name="Ingested">In the library.</param>
/// <param name="Failed">Given up.</param>
internal sealed record GalleryCounts(int Photos, int Chosen, int Open, int Waiting, int Ingested, int Failed);

/// <summary>Which photos are shown.</summary>
internal enum GalleryView
{
    /// <summary>Every one.</summary>
    All = 0,

    /// <summary>Still to be chosen.</summary>
    Open = 1,

    /// <summary>Confirmed: in the library, or on the way there.</summary>
    Chosen = 2,

    /// <summary>Given up.</summary>
    Failed = 3,
}
