using System.Net.Http.Json;
using System.Text.Json.Serialization;
using Longhaul;

namespace StorageMigration.Objects.Drive;

/// <summary>The access token: fetched when it is first needed, a minute before it expires, and when it was refused.</summary>
internal sealed class DriveToken(DriveOptions options, HttpClient http, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Early = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim _fetching = new(1);
    private volatile Known? _known;

    public async ValueTask<string> GetAsync(CancellationToken cancellationToken)
    {
        if (Fresh is { } token)
            return token;
        await _fetching.WaitAsync(cancellationToken);
        try
        {
            return Fresh ?? await FetchAsync(cancellationToken);
        }
        finally
        {
            _fetching.Release();
        }
    }

    /// <summary>The API did not take it: the next caller gets another one.</summary>
    public void Refused(string token)
    {
        if (_known is { } known && known.Token == token)
            _known = null;
    }

    public void Dispose() => _fetching.Dispose();

    private string? Fresh => _known is { } known && time.GetUtcNow() < known.Until ? known.Token : null;

    private async Task<string> FetchAsync(CancellationToken cancellationToken)
    {
        if (options is not { ClientId.Length: > 0, ClientSecret.Length: > 0, RefreshToken.Length: > 0 })
            throw new FailNowException("Google Drive needs Drive:ClientId, Drive:ClientSecret and Drive:RefreshToken (or GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET, GOOGLE_REFRESH_TOKEN), but not all are set.");
        using var form = new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "refresh_token",
            ["client_id"] = options.ClientId,
            ["client_secret"] = options.ClientSecret,
            ["refresh_token"] = options.RefreshToken,
        });
        using var limit = new CancellationTokenSource(options.Timeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        using var response = await http.PostAsync(options.TokenAddress, form, both.Token);
        if (!response.IsSuccessStatusCode)
        {
            var error = await DriveErrors.OfAsync(response, "a new access token", time, cancellationToken);
            throw error is DriveException ? new FailNowException($"{error.Message}. Correct Drive:ClientId, Drive:ClientSecret or Drive:RefreshToken.", error) : error;
        }

        var answer = await response.Content.ReadFromJsonAsync<Answer>(cancellationToken);
        if (answer is not { AccessToken.Length: > 0 })
            throw new DriveException(response.StatusCode, "Google answered the request for an access token without one.");
        _known = new Known(answer.AccessToken, time.GetUtcNow() + TimeSpan.FromSeconds(answer.ExpiresIn) - Early);
        return answer.AccessToken;
    }

    private sealed record Known(string Token, DateTimeOffset Until);

    private sealed record Answer([property: JsonPropertyName("access_token")] string AccessToken, [property: JsonPropertyName("expires_in")] double ExpiresIn = 3_600);
}
