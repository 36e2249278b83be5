namespace StorageMigration.Migration;

/// <summary>What a migration found before it copied anything.</summary>
/// <param name="Objects">Objects of the source.</param>
/// <param name="Bytes">Their bytes.</param>
/// <param name="BackedUp">Objects that the target held, by now listed in the backup; 0 without one.</param>
/// <param name="NamedButMissing">Objects of the source that the site's texts name, but that are not there; 0 where they were not looked for.</param>
internal sealed record Inventory(long Objects, long Bytes, long BackedUp, long NamedButMissing);

/// <summary>A place in a listing, with what lies up to it.</summary>
/// <param name="Place">Where the listing stands.</param>
/// <param name="Objects">Objects up to there.</param>
/// <param name="Bytes">Their bytes.</param>
/// <param name="Written">Bytes of the list that was written about them; 0 where none is.</param>
internal sealed record ListedTo(string Place, long Objects, long Bytes, long Written = 0);
