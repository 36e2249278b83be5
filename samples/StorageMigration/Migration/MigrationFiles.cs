using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Options;

namespace StorageMigration.Migration;

/// <summary>Where a migration keeps what it writes for itself and for people.</summary>
internal sealed class MigrationFiles(IOptions<MigrationOptions> options)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly string _root = Path.GetFullPath(options.Value.Root);

    public string Checkpoints => Path.Combine(_root, "migration-checkpoints");

    /// <summary>What was, or would be, done, object by object.</summary>
    public string Ledger => Path.Combine(_root, "migration-objects.db");

    /// <summary>Says which store is live.</summary>
    public string LiveStore => Path.Combine(_root, "live-store.json");

    public string Report(string checkpointId) => Path.Combine(_root, "migration-reports", checkpointId + ".json");

    /// <summary>What the report is about: a line an object.</summary>
    public string ReportObjects(string checkpointId) => Path.Combine(_root, "migration-reports", checkpointId + ".objects.jsonl");

    /// <summary>What the target held before: a line an object.</summary>
    public string Backup(string checkpointId) => Path.Combine(_root, "migration-backups", checkpointId + ".jsonl");

    public static T? Read<T>(string path) => JsonSerializer.Deserialize<T>(File.ReadAllBytes(path), Json);

    /// <summary>Others see the old file or the new one.</summary>
    public static void Write<T>(string path, T content) => Write(path, stream => JsonSerializer.Serialize(stream, content, Json));

    /// <inheritdoc cref="Write{T}(string, T)"/>
    public static void Write(string path, Action<Stream> write)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var part = $"{path}.{Guid.NewGuid():N}.part";
        try
        {
            using (var stream = new FileStream(part, FileMode.CreateNew))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(part, path, overwrite: true);
        }
        catch
        {
            File.Delete(part);
            throw;
        }
    }
}
