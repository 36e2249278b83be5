using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using PhotoIngest.Library;

namespace PhotoIngest.Demo;

/// <summary>What came of a folder, over all starts: read from the database.</summary>
internal sealed record Summary(PhotoCounts Counts, IReadOnlyList<PhotoFailure> Failures, IReadOnlyList<PhotoDuplicate> Duplicates, double Seconds)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Summary Read(PhotoLedger ledger, Sittings sittings, string folder) =>
        new(ledger.Count(folder), ledger.Failures(folder), ledger.Duplicates(folder), sittings.Seconds(folder));

    public string ToJson() => JsonSerializer.Serialize(
        new
        {
            photos = Counts.Photos,
            ingested = Counts.Ingested,
            previews = Counts.Previewed,
            thumbnails = Counts.Previewed,
            failures = Failures,
            seconds = Math.Round(Seconds, 1),
        },
        Json);

    public static string Number(int number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
