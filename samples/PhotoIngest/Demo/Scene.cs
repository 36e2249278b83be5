using System.Globalization;

namespace PhotoIngest.Demo;

/// <summary>A picture to photograph: sky, sun, hills and a number, drawn by nobody but us.</summary>
/// <param name="Number">Written in it, and what its colours come from.</param>
/// <param name="Width">Upright, in pixels.</param>
/// <param name="Height">Upright, in pixels.</param>
/// <param name="Orientation">How the camera was held, as EXIF counts it: the pixels are stored turned, so that a viewer who obeys shows them upright.</param>
internal sealed record Scene(int Number, int Width, int Height, int Orientation = 1)
{
    private bool LiesOnItsSide => Orientation >= 5;

    public string ToSvg() => Svg(Content());

    /// <summary>Draws something upright into the turned picture.</summary>
    public string Svg(string content) => string.Create(CultureInfo.InvariantCulture, $"""
        <svg xmlns="http://www.w3.org/2000/svg" width="{(LiesOnItsSide ? Height : Width)}" height="{(LiesOnItsSide ? Width : Height)}">
        <g transform="matrix({Matrix()})">{content}</g></svg>
        """);

    /// <summary>From upright to stored coordinates: x' = a·x + c·y + e, y' = b·x + d·y + f, written a b c d e f.</summary>
    private string Matrix() => Orientation switch
    {
        2 => $"-1 0 0 1 {Width} 0",
        3 => $"-1 0 0 -1 {Width} {Height}",
        4 => $"1 0 0 -1 0 {Height}",
        5 => "0 1 1 0 0 0",
        6 => $"0 -1 1 0 0 {Width}",
        7 => $"0 -1 -1 0 {Height} {Width}",
        8 => $"0 1 -1 0 {Height} 0",
        _ => "1 0 0 1 0 0",
    };

    private string Content()
    {
        var (w, h, hue) = (Width, Height, Number * 47 % 360);
        return string.Create(CultureInfo.InvariantCulture, $"""
            <defs><linearGradient id="sky" x1="0" y1="0" x2="0" y2="1">
            <stop offset="0" stop-color="hsl({hue},60%,35%)"/><stop offset="0.7" stop-color="hsl({(hue + 40) % 360},80%,80%)"/></linearGradient></defs>
            <rect width="{w}" height="{h}" fill="url(#sky)"/>
            <circle cx="{w * (0.2 + Number % 5 * 0.15)}" cy="{h * 0.3}" r="{Math.Min(w, h) * 0.09}" fill="hsl(48,100%,85%)"/>
            <path d="M0 {h * 0.75} Q{w * 0.25} {h * 0.45} {w * 0.5} {h * 0.72} T{w} {h * 0.6} V{h} H0 Z" fill="hsl({(hue + 120) % 360},35%,40%)"/>
            <path d="M0 {h * 0.9} Q{w * 0.3} {h * 0.65} {w * 0.6} {h * 0.85} T{w} {h * 0.8} V{h} H0 Z" fill="hsl({(hue + 140) % 360},45%,25%)"/>
            <text x="{w * 0.05}" y="{h * 0.95}" font-family="sans-serif" font-size="{h * 0.12}" fill="white">{Number}</text>
            """);
    }
}
