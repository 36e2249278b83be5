namespace Longhaul.Cli.Output;

/// <summary>One field of a list or a sheet.</summary>
/// <param name="Text">For people.</param>
/// <param name="Plain">For pipes, where that differs.</param>
/// <param name="Colour">A Spectre style such as <c>red</c>, for terminals with colours.</param>
internal readonly record struct Cell(string? Text, string? Plain = null, string? Colour = null)
{
    public static implicit operator Cell(string? text) => new(text);

    public static implicit operator Cell(JobId id) => new(id.ToString());

    public static implicit operator Cell(long number) => new(number.ToString("#,0", System.Globalization.CultureInfo.InvariantCulture), Amount.Plain(number));
}

/// <summary>A column of a list.</summary>
/// <param name="Title">Shown on terminals.</param>
/// <param name="Right">Whether numbers are to stand under each other.</param>
/// <param name="Wrap">Whether long text may go on in a second line; else the column keeps its width where it can.</param>
/// <param name="From">The terminal's width from which the monitor has room for it.</param>
internal readonly record struct Column(string Title, bool Right = false, bool Wrap = false, int From = 0)
{
    public static implicit operator Column(string title) => new(title);
}
