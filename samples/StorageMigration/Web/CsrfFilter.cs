using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http;

namespace StorageMigration.Web;

/// <summary>
/// Refuses a change without the token that the page has in its hidden field: another site's page can make a browser send a body that reads as JSON,
/// but it can read neither the field nor the cookie that belongs to it.
/// </summary>
internal sealed class CsrfFilter(IAntiforgery antiforgery) : IEndpointFilter
{
    public const string Header = "X-CSRF-Token";
    public const string Field = "CSRF_TOKEN";

    public static void Configure(AntiforgeryOptions options)
    {
        (options.HeaderName, options.FormFieldName) = (Header, Field);
        options.Cookie.Name = "migration-csrf";
        options.Cookie.SameSite = SameSiteMode.Strict;
        options.Cookie.HttpOnly = true;
        options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        options.SuppressXFrameOptionsHeader = true; // PageHeaders says more
    }

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        if (IsRead(http))
            return await next(context);
        try
        {
            await antiforgery.ValidateRequestAsync(http);
        }
        catch (AntiforgeryValidationException)
        {
            return Refusals.Answer(StatusCodes.Status403Forbidden, $"A change must carry a valid token in the header {Header}, but carries none. The page has it in its hidden field {Field}; load the page anew.");
        }

        return await next(context);
    }

    /// <summary>What only reads needs none, unless the action is one for changes that somebody called by GET.</summary>
    private static bool IsRead(HttpContext http) => HttpMethods.IsGet(http.Request.Method) && http.GetEndpoint()?.Metadata.GetMetadata<Changes>() is null;

    /// <summary>An action that changes something, by whatever method it is called.</summary>
    internal sealed class Changes
    {
        public static readonly Changes Something = new();
    }
}
