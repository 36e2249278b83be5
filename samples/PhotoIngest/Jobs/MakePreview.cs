using Longhaul;

namespace PhotoIngest.Jobs;

/// <summary>Makes preview and thumbnail of one photo.</summary>
[Job("photos.preview", Queue = Queues.Preview, MaxLostRuns = Lost.Often, RetryDelaySeconds = 5, Description = "Preview of {Uuid}")]
public sealed record MakePreview(string Uuid);
