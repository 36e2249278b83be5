using Longhaul;

namespace PhotoIngest.Jobs;

/// <summary>Takes one confirmed photo into the library: reads its metadata and moves it to its permanent place.</summary>
[Job("photos.ingest", Queue = Queues.Ingest, MaxLostRuns = Lost.Often, RetryDelaySeconds = 5, Description = "Ingest of {Uuid}")]
public sealed record IngestPhoto(string Uuid);
