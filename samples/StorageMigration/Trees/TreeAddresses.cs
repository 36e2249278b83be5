using Microsoft.Extensions.Options;

namespace StorageMigration.Trees;

/// <summary>
/// What an owner may copy from and to: what lies below <c>Trees:Base</c>/owner, and the addresses of <c>Trees:Owners:owner</c>. A job without an owner is
/// the operator's own, who may read this machine anyway.
/// </summary>
internal sealed class TreeAddresses(IOptions<TreeSettings> settings)
{
    /// <summary>The whole addresses of source and target.</summary>
    /// <exception cref="TreeRefusedException">One leads out of what the owner has, or one lies in the other.</exception>
    public (string Source, string Target) Resolve(CopyTree job, string? owner)
    {
        var (source, target) = (Resolve("source", job.Source, owner), Resolve("target", job.Target, owner));
        if (TreePlace.Of(source) is { } from && TreePlace.Of(target) is { } to && (from.Holds(to) || to.Holds(from)))
            throw new TreeRefusedException($"Source and target must not lie in one another, but were '{job.Source}' and '{job.Target}'.");
        return (source, target);
    }

    /// <summary>The addresses below which an owner may copy; where there are none, why.</summary>
    public (IReadOnlyList<string> Places, string? Note) PlacesOf(string owner)
    {
        try
        {
            return TreesOf(owner) is { Count: > 0 } trees ? (trees, null) : ([], NoTree(owner));
        }
        catch (TreeRefusedException e)
        {
            return ([], e.Message);
        }
    }

    private static string NoTree(string owner) => $"'{owner}' has no tree here. Set Trees:Base, or Trees:Owners:{owner}.";

    private string Resolve(string what, string address, string? owner)
    {
        if (string.IsNullOrWhiteSpace(address))
            throw new TreeRefusedException($"A {what} must be named, but was empty.");
        if (TreePlace.HasDots(address))
            throw new TreeRefusedException($"A {what} must not have '..' in its path, but was '{address}'. Name the folder itself.");
        if (owner is null)
            return WithoutFragment(what, address);

        var trees = TreesOf(owner);
        if (trees.Count == 0)
            throw new TreeRefusedException(NoTree(owner));
        var whole = TreePlace.Of(address) is null && !address.Contains(':', StringComparison.Ordinal) ? Below(trees[0], address) : address;
        WithoutFragment(what, whole);
        foreach (var tree in trees)
        {
            if (TreePlace.Of(tree) is not { } mine || TreePlace.Of(whole) is not { } place || !mine.Holds(place))
                continue;
            if (place.LinkBelow(mine) is { } link)
                throw new TreeRefusedException($"A {what} must not lead through a link, but '{link}' is one. Remove it, or name the folder that it leads to.");
            return place.WithQueryOf(mine);
        }

        throw new TreeRefusedException($"A {what} of '{owner}' must lie below {string.Join(" or ", trees)}, but was '{address}'.");
    }

    /// <summary>Behind a <c>#</c> nothing of an address counts, its end point neither. A path may have it in its names.</summary>
    private static string WithoutFragment(string what, string address)
        => address.StartsWith('/') || !address.Contains('#', StringComparison.Ordinal)
            ? address
            : throw new TreeRefusedException($"A {what} must not have '#' in its address, but was '{address}'. Write %23 for one in a name.");

    private List<string> TreesOf(string owner)
    {
        var trees = new List<string>();
        if (settings.Value.Base is { Length: > 0 } common)
        {
            if (owner.Contains('/', StringComparison.Ordinal) || owner is "." or "..")
                throw new TreeRefusedException($"An owner must be fit for the name of a folder to have a tree, but was '{owner}'.");
            if (TreePlace.Of(common) is null)
                throw new TreeRefusedException($"Trees:Base must be an absolute path or an address, but is '{common}'. Correct the configuration.");
            trees.Add(Below(common, owner));
        }

        if (settings.Value.Owners.TryGetValue(owner, out var more))
            trees.AddRange(more);
        return trees;
    }

    private static string Below(string tree, string path)
    {
        var query = tree.IndexOf('?', StringComparison.Ordinal);
        return query < 0 ? $"{tree.TrimEnd('/')}/{path}" : $"{tree[..query].TrimEnd('/')}/{path}{tree[query..]}";
    }
}
