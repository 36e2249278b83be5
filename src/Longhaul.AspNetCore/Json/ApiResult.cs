using System.Reflection;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace Longhaul.AspNetCore.Json;

/// <summary>An answer in the API's own JSON: <c>TypedResults.Ok</c> would use the application's.</summary>
/// <param name="value">What is answered.</param>
/// <param name="statusCode">How.</param>
/// <param name="location">The path of what was made, below the application's path base.</param>
internal sealed class ApiResult<T>(T value, int statusCode = StatusCodes.Status200OK, string? location = null)
    : IResult, IEndpointMetadataProvider, IStatusCodeHttpResult, IValueHttpResult<T>
{
    public T? Value { get; } = value;

    public int? StatusCode { get; } = statusCode;

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = statusCode;
        response.ContentType = "application/json; charset=utf-8";
        if (location is not null)
            response.Headers.Location = httpContext.Request.PathBase.ToUriComponent() + location;
        return JsonSerializer.SerializeAsync(response.Body, Value, ApiJson.Options, httpContext.RequestAborted);
    }

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder)
        => builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(T), ["application/json"]));
}

/// <summary>JSON of a job as it was written.</summary>
internal sealed class RawResult(ReadOnlyMemory<byte> utf8, string? fileName = null) : IResult, IEndpointMetadataProvider
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.ContentType = "application/json; charset=utf-8";
        response.ContentLength = utf8.Length;
        if (fileName is not null)
            response.Headers.ContentDisposition = $"attachment; filename=\"{fileName}\"";
        await response.Body.WriteAsync(utf8, httpContext.RequestAborted).ConfigureAwait(false);
    }

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder)
        => builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(RawJson), ["application/json"]));
}
