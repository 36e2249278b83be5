using System.Globalization;
using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace StorageMigration.Migration;

/// <summary>The names of migrations and their checkpoints, as the seed has them.</summary>
internal static partial class MigrationIds
{
    /// <summary>What a whole checkpoint id matches.</summary>
    public const string CheckpointPattern = "migration-[0-9]{1,12}-[0-9a-f]{1,32}";

    private const int HexLength = 6;

    /// <summary><c>queue-SECONDS-HEX</c>: a migration, from its enqueueing on.</summary>
    public static string NewMigration(TimeProvider time) => New("queue", time);

    /// <summary><c>migration-SECONDS-HEX</c>: its checkpoints; a migration that resumes keeps that of the first.</summary>
    public static string NewCheckpoint(TimeProvider time) => New("migration", time);

    public static bool IsCheckpoint(string id) => Checkpoint().IsMatch(id);

    private static string New(string kind, TimeProvider time)
        => string.Create(CultureInfo.InvariantCulture, $"{kind}-{time.GetUtcNow().ToUnixTimeSeconds()}-{RandomNumberGenerator.GetHexString(HexLength, lowercase: true)}");

    [GeneratedRegex("^" + CheckpointPattern + "\\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Checkpoint();
}
