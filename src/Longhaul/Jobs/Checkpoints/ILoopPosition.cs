using System.Text.Json;

namespace Longhaul.Jobs;

/// <summary>Where a loop stands, as the checkpoint sees it.</summary>
internal interface ILoopPosition
{
    /// <summary>Whether it has moved since it was last written with <c>taken</c>.</summary>
    bool Moved { get; }

    /// <summary>Writes the position as one JSON value.</summary>
    /// <param name="writer">Stands where a value is due.</param>
    /// <param name="alsoFinished">The number of an item that counts as finished here though it still runs; -1: none.</param>
    /// <param name="taken">Whether <see cref="Moved"/> begins anew.</param>
    void Write(Utf8JsonWriter writer, long alsoFinished, bool taken);
}
