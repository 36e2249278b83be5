using Longhaul.AspNetCore.Problems;
using Longhaul.AspNetCore.Sessions;
using Longhaul.Jobs;
using Longhaul.Storage;
using Microsoft.AspNetCore.Http;

namespace Longhaul.AspNetCore.Access;

/// <summary>Who calls: a name for the audit, an owner that bounds what is seen, and roles.</summary>
internal sealed class Caller(HttpContext context, string user, string? owner, Func<Role, ValueTask<bool>> may)
{
    public string User => user;

    /// <summary>Only jobs of this owner are seen; null: all.</summary>
    public string? Owner => owner;

    /// <summary>The address, for the audit.</summary>
    public string? Origin => context.Connection.RemoteIpAddress?.ToString();

    /// <summary>The session that the browser came by; null: it came by another way.</summary>
    public Session? Session => context.Items[typeof(Session)] as Session;

    public ValueTask<bool> MayAsync(Role role) => may(role);

    /// <summary>Whether the caller may see the job.</summary>
    public bool Sees(JobRecord job) => owner is null || job.Owner == owner;

    /// <summary>Who the gate has let in.</summary>
    public static Caller Of(HttpContext context) => (Caller)context.Items[typeof(Caller)]!;

    /// <exception cref="ApiProblem">The application named an owner that cannot be one.</exception>
    public static Caller Let(HttpContext context, HttpOptions options, Func<Role, ValueTask<bool>> may)
    {
        var owner = options.OwnerOf?.Invoke(context);
        if (owner is not null && !JobLimits.IsName(owner))
            throw ApiProblem.OwnerForbidden($"A caller's owner must be {JobTypeReader.NameRule}, but was {Quoted.Text(owner)}. Correct OwnerOf.");
        var caller = new Caller(context, options.UserOf?.Invoke(context) ?? context.User.Identity?.Name ?? "local", owner, may);
        context.Items[typeof(Caller)] = caller;
        return caller;
    }
}
