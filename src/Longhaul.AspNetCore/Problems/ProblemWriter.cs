using System.Text.Json;
using Longhaul.AspNetCore.Json;
using Longhaul.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Longhaul.AspNetCore.Problems;

/// <summary>Tells a problem as RFC 9457 does. What is unexpected is logged, and told without its text.</summary>
internal static class ProblemWriter
{
    /// <summary>What an exception means to the caller; null: the caller has gone.</summary>
    public static ApiProblem? Of(Exception error, HttpContext context, ILogger logger) => error switch
    {
        ApiProblem problem => problem,
        OperationCanceledException when context.RequestAborted.IsCancellationRequested => null,
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => ApiProblem.Of(413, "too_large", "The body is too large", "The body must be within the server's limit, but is larger."),
        BadHttpRequestException { StatusCode: StatusCodes.Status408RequestTimeout } => ApiProblem.Of(408, "slow_body", "The body came too slowly", "The body must arrive at the server's least speed, but did not."),
        BadHttpRequestException bad => ApiProblem.Of(bad.StatusCode, "body", "The request is not right", "The request must be right HTTP, but is not."),
        StoreException { IsFull: true } => ApiProblem.Of(507, "store_full", "The store is full", "The store must have room, but its disk is full. Make room, then try again."),
        StoreBusyException => Later("busy", "The store is busy", "The store must be free to be written, but another program holds it. Try again."),
        StoreException { IsTransient: true } => Later("store_away", "The store does not answer", "The store must answer, but does not now. Try again."),
        _ => Unexpected(error, context, logger),
    };

    public static Task WriteAsync(HttpContext context, ApiProblem problem)
    {
        var response = context.Response;
        response.StatusCode = problem.View.Status;
        response.ContentType = "application/problem+json";
        response.Headers.ContentLength = null;
        if (problem.RetryAfterSeconds is { } seconds)
            response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (problem.Allow is { } allow)
            response.Headers.Allow = allow;
        return JsonSerializer.SerializeAsync(response.Body, problem.View, ApiJson.Options, context.RequestAborted);
    }

    private static ApiProblem Later(string code, string title, string detail) => new(ApiProblem.Of(503, code, title, detail).View) { RetryAfterSeconds = 2 };

    private static ApiProblem Unexpected(Exception error, HttpContext context, ILogger logger)
    {
        Log.RequestFailed(logger, error, context.Request.Method, context.Request.Path.ToUriComponent());
        return ApiProblem.Of(500, "internal", "Something went wrong here", "The request could not be answered. The application's log says why.");
    }
}
