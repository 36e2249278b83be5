using Longhaul.Diagnostics;
using Longhaul.Jobs;
using Longhaul.Storage;
using Microsoft.Extensions.Logging;

namespace Longhaul.Worker;

/// <summary>What a worker is made of.</summary>
internal sealed record WorkerParts(
    IJobStore Store, JobRegistry Registry, PrepareJob Prepare, IServiceProvider Services, WorkerOptions Options, TimeProvider Time, ILogger Logger, JobMetrics Metrics);

/// <summary>Makes a job to be enqueued by a run: checks the payload and takes its id.</summary>
internal delegate ValueTask<NewJob> PrepareJob(object payload, EnqueueOptions? options, CancellationToken cancellationToken);
