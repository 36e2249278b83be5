using Longhaul.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace StorageMigration.Web;

/// <summary>Answers what was refused, and what went wrong, in the one form that this interface has for it.</summary>
internal sealed class RefusalFilter(ILogger<RefusalFilter> logger) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (RefusedException e)
        {
            return Refusals.Answer(e.Status, e.Message);
        }
        catch (BadHttpRequestException)
        {
            return Refusals.Answer(StatusCodes.Status400BadRequest, "The request must be whole and of at most 64 KiB, but is not.");
        }
        catch (StoreException e) when (!context.HttpContext.Response.HasStarted)
        {
            logger.LogError(e, "the store of jobs did not answer {Path}", context.HttpContext.Request.Path);
            return Refusals.Answer(StatusCodes.Status503ServiceUnavailable, "The store of jobs does not answer. Try again in a while.");
        }
    }
}
