using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace StorageMigration.Objects.Drive;

/// <summary>Takes the names that Google's own examples use, where the section says nothing.</summary>
internal sealed class DriveEnvironment(IConfiguration configuration) : IPostConfigureOptions<DriveOptions>
{
    public void PostConfigure(string? name, DriveOptions options)
    {
        options.ClientId = Said(options.ClientId, "GOOGLE_CLIENT_ID");
        options.ClientSecret = Said(options.ClientSecret, "GOOGLE_CLIENT_SECRET");
        options.RefreshToken = Said(options.RefreshToken, "GOOGLE_REFRESH_TOKEN");
    }

    private string Said(string option, string variable) => option.Length > 0 ? option : configuration[variable] ?? "";
}
