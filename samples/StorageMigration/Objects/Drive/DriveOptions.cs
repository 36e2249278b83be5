using System.ComponentModel.DataAnnotations;

namespace StorageMigration.Objects.Drive;

/// <summary>Who we are to Google Drive. Section <c>Drive</c> of the configuration; else <c>GOOGLE_CLIENT_ID</c>, <c>GOOGLE_CLIENT_SECRET</c> and <c>GOOGLE_REFRESH_TOKEN</c>.</summary>
internal sealed class DriveOptions
{
    public string ClientId { get; set; } = "";

    public string ClientSecret { get; set; } = "";

    /// <summary>What Google gave when the user agreed; with it access tokens are fetched.</summary>
    public string RefreshToken { get; set; } = "";

    /// <summary>Where the API is.</summary>
    [Required]
    public Uri Api { get; set; } = new("https://www.googleapis.com/");

    /// <summary>Where access tokens are given out.</summary>
    [Required]
    public Uri TokenAddress { get; set; } = new("https://oauth2.googleapis.com/token");

    /// <summary>How long an answer, or the next bytes of it, may take; default 2 minutes.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>Files of a page of a listing; default 1,000, the most that Google gives.</summary>
    [Range(1, 1_000)]
    public int PageSize { get; set; } = 1_000;
}
