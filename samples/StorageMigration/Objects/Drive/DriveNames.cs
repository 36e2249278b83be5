namespace StorageMigration.Objects.Drive;

/// <summary>
/// Names files for their keys. In Google Drive a folder may hold several files of one name, and a name may hold a <c>/</c>: those get their id
/// behind the name. A listing by name brings equal names one after the other, so that the last ones are enough to know them.
/// </summary>
internal sealed class DriveNames
{
    private readonly HashSet<string> _alike = new(StringComparer.Ordinal);

    /// <summary>The next file of the listing.</summary>
    public string Next(DriveFile file)
    {
        if (_alike.Count > 0 && !_alike.First().Equals(file.Name, StringComparison.OrdinalIgnoreCase))
            _alike.Clear();
        var isFirst = _alike.Add(file.Name);
        return isFirst && IsPlain(file.Name) ? file.Name : WithId(file);
    }

    private static bool IsPlain(string name)
        => name is not ("" or "." or "..") && !name.Contains('/', StringComparison.Ordinal) && !name.Contains('\0', StringComparison.Ordinal) && !FolderParts.IsPart(name);

    private static string WithId(DriveFile file)
    {
        var clean = file.Name.Replace('/', '_').Replace('\0', '_');
        var dot = file.IsFolder ? -1 : clean.LastIndexOf('.');
        var named = dot > 0 ? $"{clean[..dot]} ({file.Id}){clean[dot..]}" : $"{clean} ({file.Id})";
        return FolderParts.IsPart(named) ? $"_{named}" : named;
    }
}
