namespace PhotoIngest.Jobs;

/// <summary>The queues, in the order in which a worker serves them.</summary>
internal static class Queues
{
    public const string Ingest = "ingest";
    public const string Preview = "ingest-preview";
    public const string Enhance = "ingest-enhance";

    public static readonly string[] InOrder = [Ingest, Preview, Enhance];
}
