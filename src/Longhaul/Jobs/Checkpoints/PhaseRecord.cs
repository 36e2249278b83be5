namespace Longhaul.Jobs;

/// <summary>What the checkpoint holds of one phase; the root has the empty path.</summary>
internal sealed class PhaseRecord(string path)
{
    public string Path { get; } = path;

    public double Weight { get; set; }

    public bool Done { get; set; }

    /// <summary>JSON that the finished phase returned; null: it returned nothing.</summary>
    public byte[]? Result { get; set; }

    /// <summary>JSON that the handler set.</summary>
    public byte[]? State { get; set; }

    /// <summary>The loop of an earlier run, until this run enters it.</summary>
    public byte[]? SavedLoop { get; set; }

    /// <summary>The loop of this run.</summary>
    public ILoopPosition? Loop { get; set; }

    /// <summary>About how many bytes it takes in the document, without a live loop.</summary>
    public int Size => 128 + (Path.Length * 3) + (Result?.Length ?? 0) + (State?.Length ?? 0) + (SavedLoop?.Length ?? 0);
}
