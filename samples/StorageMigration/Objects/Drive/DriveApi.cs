using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace StorageMigration.Objects.Drive;

/// <summary>Sends requests: each passes the gate, carries the access token, and has a time limit. Makes errors of refusals.</summary>
internal sealed class DriveApi(HttpClient http, DriveToken token, DriveOptions options, IRequestGate gate, TimeProvider time)
{
    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public int PageSize => options.PageSize;

    public TimeSpan Timeout => options.Timeout;

    public TimeProvider Time => time;

    /// <summary>Sends one, and once more when the access token was not taken.</summary>
    /// <param name="make">Makes the request, each time anew.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <returns>Whatever the answer is, with its body still to be read.</returns>
    public async Task<HttpResponseMessage> SendAsync(Func<HttpRequestMessage> make, CancellationToken cancellationToken)
    {
        for (var again = false; ; again = true)
        {
            await gate.PassAsync(cancellationToken);
            var access = await token.GetAsync(cancellationToken);
            using var request = make();
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", access);
            var response = await LimitedAsync(stop => http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop), cancellationToken);
            if (response.StatusCode != HttpStatusCode.Unauthorized || again)
                return response;
            response.Dispose();
            token.Refused(access);
        }
    }

    /// <summary>Sends one whose answer is wanted as JSON.</summary>
    /// <param name="what">The request in words, for errors.</param>
    /// <param name="make">Makes the request.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    public async Task<T> AskAsync<T>(string what, Func<HttpRequestMessage> make, CancellationToken cancellationToken) where T : class
    {
        using var response = await SendAsync(make, cancellationToken);
        if (!response.IsSuccessStatusCode)
            throw await ErrorAsync(response, what, cancellationToken);
        try
        {
            return await LimitedAsync(stop => response.Content.ReadFromJsonAsync<T>(Json, stop), cancellationToken)
                ?? throw new DriveException(response.StatusCode, $"Google Drive answered null to {what}.");
        }
        catch (JsonException e)
        {
            throw new HttpRequestException($"The answer of Google Drive to {what} was not whole.", e); // it broke off: try again
        }
    }

    public Task<Exception> ErrorAsync(HttpResponseMessage response, string what, CancellationToken cancellationToken)
        => DriveErrors.OfAsync(response, what, time, cancellationToken);

    public HttpRequestMessage Get(string path) => new(HttpMethod.Get, new Uri(options.Api, path));

    public HttpRequestMessage With(HttpMethod method, string path, HttpContent? content = null) => new(method, new Uri(options.Api, path)) { Content = content };

    /// <exception cref="TimeoutException">It took longer than an answer may.</exception>
    public async Task<T> LimitedAsync<T>(Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(options.Timeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await work(both.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"Google Drive must answer within {options.Timeout:c}, but did not.", e);
        }
    }
}
