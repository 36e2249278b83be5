using Longhaul.AspNetCore.Api.Views;
using Microsoft.AspNetCore.Http;

namespace Longhaul.AspNetCore.Problems;

/// <summary>Ends a request with a problem. Thrown by routes, told by <see cref="ProblemWriter"/>.</summary>
internal sealed class ApiProblem(ProblemView view) : Exception(view.Detail)
{
    public ProblemView View { get; } = view;

    public int? RetryAfterSeconds { get; init; }

    public string? Allow { get; init; }

    public static ApiProblem Body(string detail) => Of(400, "body", "The body is not right", detail);

    public static ApiProblem UnknownMember(string detail) => Of(400, "unknown_member", "A member is not known", detail);

    public static ApiProblem DuplicateMember(string detail) => Of(400, "duplicate_member", "A member is there twice", detail);

    public static ApiProblem UnknownParameter(string detail) => Of(400, "unknown_parameter", "A parameter is not known", detail);

    public static ApiProblem Cursor() => Of(400, "cursor", "The cursor is not of this list",
        "after must be the next of an earlier page of the same list, filter and caller, but is not. Begin again without it.");

    public static ApiProblem Unauthenticated() => Of(401, "unauthenticated", "Nobody is signed in", "A caller must be signed in, or carry a token, but this one is neither.");

    public static ApiProblem WithoutToken() => Of(401, "unauthenticated", "Nobody is signed in",
        "A caller must carry the token as a bearer, or a session that was opened with it and has not ended, but this one carries neither. Open the dashboard once with ?token= and the token.");

    public static ApiProblem Forbidden(string detail) => Of(403, "forbidden", "Not allowed", detail);

    public static ApiProblem Forgery(string detail) => Of(403, "forgery", "Not sent by this page", detail);

    public static ApiProblem OwnerForbidden(string detail) => Of(403, "owner_forbidden", "Not for callers with an owner", detail);

    public static ApiProblem NotFound() => Of(404, "not_found", "There is no such thing", "There is nothing here for this caller: it never was, is gone, or belongs to another owner.");

    public static ApiProblem NoSession() => Of(404, "no_session", "There is no session",
        "To sign out a caller must have come by a session that a token opened, but came by another way. Forget the token, or sign out of the application.");

    public static ApiProblem Method(string allow) => new(View405(allow)) { Allow = allow };

    public static ApiProblem WrongState(string detail, JobState? state) => new(Make(409, "wrong_state", "It does not fit the job's state", detail) with { State = state });

    public static ApiProblem KeyTaken(string detail, long? holder) => new(Make(409, "key_taken", "Another job has its unique key", detail) with { KeyHolder = holder });

    public static ApiProblem TooLarge(int limit) => Of(413, "too_large", "The body is too large", $"The body must have at most {limit:N0} bytes, but has more.");

    public static ApiProblem TooMany(string detail) => Of(413, "too_large", "Too many", detail);

    public static ApiProblem MediaType(string detail) => Of(415, "media_type", "The body has the wrong type", detail);

    public static ApiProblem Invalid(string member, string detail, int? index = null) => new(Make(422, "invalid_value", "A value does not hold", detail) with
    {
        Errors = new Dictionary<string, string[]>(StringComparer.Ordinal) { [member] = [detail] },
        Index = index,
    });

    public static ApiProblem UnknownName(string detail, int? index) => new(Make(422, "unknown_name", "Nobody handles this name", detail) with { Index = index });

    public static ApiProblem Idempotency(string detail) => Of(422, "idempotency", "The key was used for another body", detail);

    public static ApiProblem Of(int status, string code, string title, string detail) => new(Make(status, code, title, detail));

    private static ProblemView View405(string allow)
        => Make(StatusCodes.Status405MethodNotAllowed, "method", "The method does not fit", $"The method must be one of {allow} here, but is another.");

    private static ProblemView Make(int status, string code, string title, string detail)
        => new() { Type = "urn:longhaul:problem:" + code, Title = title, Status = status, Code = code, Detail = detail };
}
