using Longhaul;

namespace PhotoIngest.Jobs;

/// <summary>On demand: a preview of 4,096 pixels in place of the first, for a photo that somebody looks at closely.</summary>
[Job("photos.enhance", Queue = Queues.Enhance, MaxLostRuns = Lost.Often, RetryDelaySeconds = 5, Description = "Better preview of {Uuid}")]
public sealed record EnhancePreview(string Uuid);
