using Microsoft.AspNetCore.Http;

namespace StorageMigration.Web;

/// <summary>What is not done, and why: <c>{success:false,error}</c>.</summary>
internal static class Refusals
{
    public static IResult Answer(int status, string error) => TypedResults.Json(new Refusal(false, error), statusCode: status);

    internal sealed record Refusal(bool Success, string Error);
}

/// <summary>Something must hold and does not.</summary>
/// <param name="status">400, 403 or 404.</param>
/// <param name="error">For the caller.</param>
internal sealed class RefusedException(int status, string error) : Exception(error)
{
    public int Status { get; } = status;

    public static RefusedException BadRequest(string error) => new(StatusCodes.Status400BadRequest, error);

    public static RefusedException Forbidden(string error) => new(StatusCodes.Status403Forbidden, error);

    public static RefusedException NotFound(string error) => new(StatusCodes.Status404NotFound, error);
}
