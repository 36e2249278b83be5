using System.Text.Json;

namespace StorageMigration.Objects.Drive;

/// <summary>A folder on the way to an item of a listing.</summary>
/// <param name="Folder">Its id.</param>
/// <param name="Name">What it is called in keys; empty at the root.</param>
/// <param name="Page">The token of the page that the last item was on; null: the first.</param>
/// <param name="Last">The id of the item up to which all was listed; in the folders above, that of the folder below.</param>
internal sealed record DriveStep(string Folder, string Name, string? Page, string Last);

/// <summary>Where a listing stands, as text: <c>[["FOLDER","","PAGE","LAST"],…]</c>, from the root down.</summary>
internal static class DrivePlace
{
    public static string Write(IEnumerable<DriveStep> steps)
        => JsonSerializer.Serialize(steps.Select(static step => new[] { step.Folder, step.Name, step.Page, step.Last }));

    /// <exception cref="ArgumentException">It is no such text.</exception>
    public static List<DriveStep> Read(string place)
    {
        try
        {
            var steps = JsonSerializer.Deserialize<string?[][]>(place)!;
            return [.. steps.Select(static step => step is [{ } folder, { } name, var page, { } last] ? new DriveStep(folder, name, page, last) : throw new JsonException("a step must have four texts"))];
        }
        catch (JsonException e)
        {
            throw new ArgumentException($"The place of a listing of Google Drive must be as an earlier listing gave it, but is not: {e.Message}", nameof(place), e);
        }
    }
}
