using Longhaul.AspNetCore.Access;

namespace Longhaul.AspNetCore.Tests.Support;

/// <summary>Opens the dashboard with the token and goes on with the cookie, as a browser does. Keeps all that it was told to keep.</summary>
internal sealed class Browser(Uri address) : IDisposable
{
    /// <summary>What the hosts of these tests ask for.</summary>
    public const string Token = "0123456789abcdef0123456789abcdef";

    private readonly HttpClient _client = new(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = address };

    /// <summary>Each <c>Set-Cookie</c>, the newest last.</summary>
    public List<string> Told { get; } = [];

    /// <summary><c>name=value</c>; null: there is none.</summary>
    public string? Cookie
    {
        get;
        set
        {
            field = value;
            _client.DefaultRequestHeaders.Remove("Cookie");
            if (value is not null)
                _client.DefaultRequestHeaders.Add("Cookie", value);
        }
    }

    /// <summary>With its cookie as it is now.</summary>
    public HttpClient Client => _client;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>One that has a session.</summary>
    public static async Task<Browser> OpenAsync(Uri address)
    {
        var browser = new Browser(address);
        await browser.OpenAsync();
        return browser;
    }

    /// <summary>Opens the address with the token.</summary>
    public async Task OpenAsync() => (await GetAsync($"{Web.Prefix}/?token={Token}")).Status.ShouldBe(302);

    public Task<Answer> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    /// <summary>The status of an answer that needs the session.</summary>
    public async Task<int> StatusAsync() => (await GetAsync(Web.Api("me"))).Status;

    public Task<Answer> SignOutAsync() => SendAsync(HttpMethod.Delete, Web.Api("session"));

    public void Dispose() => _client.Dispose();

    private async Task<Answer> SendAsync(HttpMethod method, string path)
    {
        using var request = new HttpRequestMessage(method, path);
        if (method != HttpMethod.Get)
            request.Headers.Add(Forgery.Header, "1");
        var answer = await Web.Read(await _client.SendAsync(request, Cancel));
        if (answer.Headers.TryGetValue("Set-Cookie", out var told))
        {
            Told.Add(told);
            var cookie = told.Split(';')[0];
            Cookie = cookie.EndsWith('=') ? null : cookie;
        }

        return answer;
    }
}
