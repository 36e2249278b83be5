using System.Text;

namespace StorageMigration.Logs;

/// <summary>
/// A file that is put aside when it is full, with few of those kept. Opened for each line, so that several processes may write the same one
/// and whoever moves it away disturbs nobody.
/// </summary>
internal sealed class LogFile(string path, long mostBytes = LogFile.MostBytes, int kept = LogFile.Kept)
{
    public const long MostBytes = 5_000_000;
    public const int Kept = 3;

    private readonly Lock _gate = new();

    /// <summary>A log that cannot be written stops nobody's work.</summary>
    public void Append(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        lock (_gate)
        {
            try
            {
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                MakeRoom();
                using var file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
                file.Write(bytes);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // The disk is full, or the folder is gone.
            }
        }
    }

    private void MakeRoom()
    {
        if (new FileInfo(path) is not { Exists: true } file || file.Length < mostBytes)
            return;
        for (var number = kept - 1; number >= 1; number--)
        {
            var from = number == 1 ? path : $"{path}.{number - 1}";
            if (File.Exists(from))
                File.Move(from, $"{path}.{number}", overwrite: true);
        }
    }
}
