using System.Buffers.Binary;

namespace PhotoIngest.Demo;

/// <summary>
/// Writes the least of a raw file (DNG): a sensor's mosaic, which few programs develop, and beside it the JPEG that the camera made of it.
/// </summary>
internal static class RawFile
{
    private const ushort Short = 3, Long = 4, Byte = 1;
    private const int HeaderLength = 8, EntryLength = 12;

    public static byte[] Create(byte[] jpeg, int width, int height)
    {
        (ushort Tag, ushort Type, uint Count, uint Value)[] preview =
        [
            (254, Long, 1, 1), // a smaller picture of the one below
            (256, Long, 1, (uint)width), (257, Long, 1, (uint)height),
            (259, Short, 1, 7), (262, Short, 1, 6), // JPEG, YCbCr
            (273, Long, 1, 0), (277, Short, 1, 3), (278, Long, 1, (uint)height), (279, Long, 1, (uint)jpeg.Length),
            (330, Long, 1, 0), // where the next directory is
            (50706, Byte, 4, 0x00000401), // DNG 1.4
        ];
        (ushort Tag, ushort Type, uint Count, uint Value)[] mosaic =
        [
            (254, Long, 1, 0), (256, Long, 1, (uint)width), (257, Long, 1, (uint)height),
            (258, Short, 1, 8), (259, Short, 1, 1), (262, Short, 1, 32803), // 8 bits, as they are, by colour filter
            (273, Long, 1, 0), (277, Short, 1, 1), (278, Long, 1, (uint)height), (279, Long, 1, (uint)(width * height)),
            (33421, Short, 2, 0x00020002), (33422, Byte, 4, 0x02010100), // 2 × 2: red, green, green, blue
        ];

        var second = HeaderLength + Length(preview.Length);
        var jpegAt = second + Length(mosaic.Length);
        var mosaicAt = jpegAt + jpeg.Length + (jpeg.Length & 1);
        var file = new byte[mosaicAt + width * height];
        "II*\0"u8.CopyTo(file);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(4), HeaderLength);
        Write(file.AsSpan(HeaderLength), preview, tag => tag switch { 273 => jpegAt, 330 => second, _ => null });
        Write(file.AsSpan(second), mosaic, tag => tag == 273 ? mosaicAt : null);
        jpeg.CopyTo(file, jpegAt);
        for (var i = 0; i < width * height; i++)
            file[mosaicAt + i] = (byte)((i % width * 255 / width + i / width % 2 * 40) & 0xFF);
        return file;
    }

    private static int Length(int entries) => 2 + entries * EntryLength + 4;

    private static void Write(Span<byte> target, (ushort Tag, ushort Type, uint Count, uint Value)[] entries, Func<ushort, int?> place)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(target, (ushort)entries.Length);
        foreach (var (index, (tag, type, count, value)) in entries.Index())
        {
            var entry = target[(2 + index * EntryLength)..];
            BinaryPrimitives.WriteUInt16LittleEndian(entry, tag);
            BinaryPrimitives.WriteUInt16LittleEndian(entry[2..], type);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[4..], count);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[8..], (uint?)place(tag) ?? value);
        }
    }
}
