namespace PhotoIngest.Imaging;

/// <summary>This file is no photo that can be read. Trying again would not help, the other photos go on.</summary>
/// <param name="message">Why, for the person who owns the photo.</param>
internal sealed class UnreadablePhotoException(string message) : Exception(message);
