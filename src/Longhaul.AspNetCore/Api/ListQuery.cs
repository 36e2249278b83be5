using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Longhaul.AspNetCore.Api.Views;
using Longhaul.AspNetCore.Problems;
using Longhaul.Jobs;
using Longhaul.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace Longhaul.AspNetCore.Api;

/// <summary>Which page of a list.</summary>
internal record ListQuery
{
    private const int DefaultLimit = 50;
    private const int MostRows = 1_000;

    /// <summary>1–1000 rows; default 50.</summary>
    [FromQuery(Name = "limit")]
    public string? Limit { get; init; }

    /// <summary>The <c>next</c> of the page before.</summary>
    [FromQuery(Name = "after")]
    public string? After { get; init; }

    /// <summary>The page that is asked for. A cursor belongs to one list, filter and caller, and says so by a checksum: edited or taken elsewhere it is refused.</summary>
    public PageRequest Page(HttpContext context)
    {
        var limit = DefaultLimit;
        if (Limit is not null && (!int.TryParse(Limit, NumberStyles.None, CultureInfo.InvariantCulture, out limit) || limit is < 1 or > MostRows))
            throw ApiProblem.Invalid("limit", $"limit must be a whole number from 1 to {MostRows}, but was {Quoted.Text(Limit)}.");
        return new PageRequest(limit, After is null ? null : Open(After, context));
    }

    /// <summary>The page as it is told.</summary>
    public PageView<TView> View<T, TView>(Page<T> page, HttpContext context, Func<T, TView> show)
        => new([.. page.Items.Select(show)], Seal(page.Next, context), page.SearchedTo?.Value);

    public static string? Seal(string? cursor, HttpContext context)
        => cursor is null ? null : $"{Convert.ToHexStringLower(Encoding.UTF8.GetBytes(cursor))}.{Checksum(cursor, context)}";

    private static string Open(string text, HttpContext context)
    {
        if (text.Split('.') is not [var hex, var checksum] || hex.Length > 512)
            throw ApiProblem.Cursor();
        try
        {
            var cursor = Encoding.UTF8.GetString(Convert.FromHexString(hex));
            return checksum == Checksum(cursor, context) ? cursor : throw ApiProblem.Cursor();
        }
        catch (FormatException)
        {
            throw ApiProblem.Cursor();
        }
    }

    private static string Checksum(string cursor, HttpContext context)
    {
        var about = new StringBuilder(cursor).Append('\n').Append(context.Request.Path.Value).Append('\n').Append(Access.Caller.Of(context).Owner);
        foreach (var (name, values) in context.Request.Query.OrderBy(static pair => pair.Key, StringComparer.Ordinal))
        {
            if (name is not ("limit" or "after"))
                about.Append('\n').Append(name).Append('=').AppendJoin('\u001f', values.ToArray());
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(about.ToString())).AsSpan(0, 6));
    }
}
