using System.Net;
using System.Runtime.CompilerServices;

namespace StorageMigration.Objects.Drive;

/// <summary>Walks a tree of folders, page by page. It can begin behind any item: by the pages' tokens, or where those have expired by looking for that item again.</summary>
internal sealed class DriveListing(DriveApi api, string root)
{
    /// <summary>Folders in folders; more is taken for a ring of them.</summary>
    private const int Deepest = 200;

    /// <summary>The items behind a place; null: all.</summary>
    public async IAsyncEnumerable<StoredObject> AfterAsync(string? place, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var way = new List<Folder>();
        if (place is null)
            way.Add(new Folder(root, "", null, null));
        else
            way.AddRange(DrivePlace.Read(place).Select(static step => new Folder(step.Folder, step.Name, step.Page, step.Last)));

        while (way.Count > 0)
        {
            if (await NextAsync(way[^1], cancellationToken) is not { } next)
            {
                way.RemoveAt(way.Count - 1);
                continue;
            }

            var (file, name) = next;
            if (!file.IsFolder)
                yield return file.Describe(KeyOf(way, name), DrivePlace.Write(way.Select(static folder => folder.Step)));
            else if (way.Count < Deepest)
                way.Add(new Folder(file.Id, name, null, null));
            else
                throw new DriveException(null, $"Folders of Google Drive must lie at most {Deepest} deep in one another, but '{KeyOf(way, name)}' lies deeper.");
        }
    }

    private static string KeyOf(List<Folder> way, string name) => string.Concat(way.Skip(1).Select(static folder => folder.Name + "/")) + name;

    private async Task<(DriveFile File, string Name)?> NextAsync(Folder folder, CancellationToken cancellationToken)
    {
        while (true)
        {
            while (folder.Next < folder.Files.Count)
            {
                var file = folder.Files[folder.Next++];
                var name = folder.Names.Next(file);
                if (folder.SkipTo is null)
                {
                    folder.Last = file.Id;
                    return (file, name);
                }

                if (file.Id == folder.SkipTo)
                    folder.SkipTo = null;
            }

            if (!await TurnAsync(folder, cancellationToken))
                return null;
        }
    }

    /// <summary>Fetches the next page.</summary>
    /// <returns>False: there is none.</returns>
    private async Task<bool> TurnAsync(Folder folder, CancellationToken cancellationToken)
    {
        // The item to go on from is gone: rather the page, or with its token expired the folder, once more than a file left out.
        if (folder is { Began: true, SkipTo: not null } && (!folder.SearchesAll || folder.Following is null))
            folder.Begin(folder.SearchesAll ? null : folder.Page, skipTo: null);
        else if (folder is { Began: true, Following: null })
            return false;

        var page = folder.Began ? folder.Following : folder.Page;
        try
        {
            folder.Take(page, await PageAsync(folder.Id, page, cancellationToken));
        }
        catch (DriveException e) when (!folder.Began && page is not null && e.Status is HttpStatusCode.BadRequest or HttpStatusCode.Gone or HttpStatusCode.NotFound)
        {
            folder.SearchesAll = true; // the token has expired
            folder.Take(null, await PageAsync(folder.Id, null, cancellationToken));
        }

        return true;
    }

    private Task<DrivePage> PageAsync(string folder, string? page, CancellationToken cancellationToken)
    {
        var query = $"{DriveQuery.In(folder)} and trashed = false";
        var token = page is null ? "" : $"&pageToken={Uri.EscapeDataString(page)}";
        return api.AskAsync<DrivePage>(
            "a page of a folder",
            () => api.Get($"drive/v3/files?q={Uri.EscapeDataString(query)}&orderBy=name&pageSize={api.PageSize}{token}{DriveQuery.Common}&fields=nextPageToken,incompleteSearch,files({DriveFile.Fields})"),
            cancellationToken);
    }

    private sealed class Folder(string id, string name, string? page, string? skipTo)
    {
        public string Id { get; } = id;

        public string Name { get; } = name;

        /// <summary>The token of the page in hand, or of the one to begin with.</summary>
        public string? Page { get; private set; } = page;

        /// <summary>The token of the page behind it.</summary>
        public string? Following { get; private set; }

        public bool Began { get; private set; }

        /// <summary>Whether the item to go on from is looked for in the whole folder, not on its page alone.</summary>
        public bool SearchesAll { get; set; }

        /// <summary>The item up to which all was listed before.</summary>
        public string? SkipTo { get; set; } = skipTo;

        public string? Last { get; set; } = skipTo;

        public IReadOnlyList<DriveFile> Files { get; private set; } = [];

        public int Next { get; set; }

        public DriveNames Names { get; private set; } = new();

        public DriveStep Step => new(Id, Name, Page, Last ?? "");

        public void Begin(string? page, string? skipTo) => (Page, SkipTo, Began, Files, Next, Names) = (page, skipTo, false, [], 0, new DriveNames());

        public void Take(string? page, DrivePage answer)
            => (Page, Following, Began, Files, Next) = (page, answer.NextPageToken, true, answer.Files ?? [], 0);
    }
}
