namespace Longhaul.Sqlite;

/// <summary>Ascending ids in few bytes: the distance of each to the one before, seven bits a byte, the low ones first.</summary>
internal static class IdList
{
    private const int MaxBytesOfOne = 10;

    public static int Size(int count) => count * MaxBytesOfOne;

    public static ReadOnlySpan<byte> Write(ReadOnlySpan<long> ids, Span<byte> buffer)
    {
        var (length, last) = (0, 0L);
        foreach (var id in ids)
        {
            var distance = (ulong)(id - last);
            for (; distance >= 0x80; distance >>= 7)
                buffer[length++] = (byte)(distance | 0x80);
            buffer[length++] = (byte)distance;
            last = id;
        }

        return buffer[..length];
    }

    public static List<long> Read(ReadOnlySpan<byte> bytes)
    {
        var ids = new List<long>();
        var (distance, shift, last) = (0UL, 0, 0L);
        foreach (var part in bytes)
        {
            distance |= (ulong)(part & 0x7f) << shift;
            shift += 7;
            if (part >= 0x80)
                continue;
            last += (long)distance;
            ids.Add(last);
            (distance, shift) = (0, 0);
        }

        return ids;
    }
}
