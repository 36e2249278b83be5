using System.Globalization;
using System.Text;
using Microsoft.Extensions.Options;
using PhotoIngest.Imaging;
using PhotoIngest.Jobs;
using PhotoIngest.Library;

namespace PhotoIngest.Web;

/// <summary>Takes one file that somebody sends, and dispatches its preview.</summary>
internal sealed class UploadDesk(Uploads uploads, PhotoLibrary library, Dispatch dispatch, IOptions<PhotoOptions> options)
{
    private const int LongestName = 200;

    /// <param name="sentName">Whatever the sender calls it.</param>
    /// <param name="body">Its content, as it comes.</param>
    /// <param name="cancellationToken">The sender has gone.</param>
    /// <exception cref="BrokenUploadException">It broke off: nothing of it stays.</exception>
    public async Task<UploadedFile> TakeAsync(string sentName, Stream body, CancellationToken cancellationToken)
    {
        var name = Shown(sentName);
        try
        {
            var sent = await uploads.ReceiveAsync(body, name, options.Value.MostUploadBytes, cancellationToken);
            var (photo, isNew) = library.AddSent(sent);
            uploads.KeepOneCopy(sent, photo);
            await dispatch.NextAsync(photo, CancellationToken.None); // the photo is in, so must be its job; what a kill prevents here, Leftovers makes good
            return new UploadedFile(name, isNew ? UploadOutcome.Added : UploadOutcome.Known, photo.Uuid, Reason: null);
        }
        catch (UnreadablePhotoException e)
        {
            return new UploadedFile(name, UploadOutcome.Refused, Uuid: null, e.Message);
        }
    }

    /// <summary>The last part of what may be a path, without anything that cannot be seen. It names nothing on disk: a photo's file is named by its content.</summary>
    private static string Shown(string sentName)
    {
        var name = sentName[(sentName.AsSpan().LastIndexOfAny('/', '\\') + 1)..];
        name = string.Concat(name.EnumerateRunes().Where(static rune => Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format))).Trim();
        if (name.Length > LongestName)
            name = name[..LongestName] + "…";
        return name.Length > 0 ? name : "without a name";
    }
}
