using Microsoft.Extensions.Logging;

namespace Longhaul.Dashboard.Tests.Pictures;

/// <summary>Photos of a folder: scanned, given previews, indexed. Every <paramref name="BadEvery"/>th is unreadable.</summary>
[Job("photos.ingest", Queue = "ingest", Description = "Photos of {Folder}")]
internal sealed record Ingest(string Folder, int Count, int Milliseconds, int BadEvery = 0);

/// <summary>A video, of which nobody knows how long it takes.</summary>
[Job("video.transcode", Queue = "video", Description = "{File}")]
internal sealed record Transcode(string File, string Preset);

/// <summary>A report of a customer.</summary>
[Job("reports.monthly", Queue = "reports")]
internal sealed record Report(string Customer, string Month, int Pages);

/// <summary>A mail.</summary>
[Job("mail.welcome", Queue = "emails", MaxAttempts = 3, RetryDelaySeconds = 20)]
internal sealed record Welcome(string Email, string Name, [property: Secret] string Token);

/// <summary>An invoice.</summary>
[Job("billing.invoice", Queue = "billing", MaxAttempts = 1)]
internal sealed record Invoice(string Number, decimal Amount, string Account);

/// <summary>What the jobs of the pictures do.</summary>
internal static class SceneJobs
{
    public static LonghaulBuilder AddSceneJobs(this LonghaulBuilder longhaul) => longhaul
        .AddHandler<Ingest>(static (job, context, _) => IngestAsync(job, context))
        .AddHandler<Transcode>(static (job, context, token) =>
        {
            context.Log.LogInformation("{File}: preset {Preset}, 2 passes", job.File, job.Preset);
            context.Progress.Note("first pass");
            return Task.Delay(Timeout.InfiniteTimeSpan, token);
        })
        .AddHandler<Report>(static (job, context, _) => context.ForEachAsync(
            (int? after) => Enumerable.Range(1, job.Pages).Where(page => page > (after ?? 0)), static page => page,
            static async (_, token) => await Task.Delay(900, token), new LoopOptions { Total = job.Pages }))
        .AddHandler<Welcome>(static async (job, context, token) =>
        {
            await Task.Delay(40 + (int)(context.Id.Value * 37 % 400), token);
            if (context.Id.Value % 23 == 0)
                throw new TimeoutException($"mx{context.Id.Value % 4}.example.org did not answer within 10 s");
            context.Trace("mail", job.Email, context.Id.Value % 3 == 0 ? "smtp" : "api", 1, success: true, duration: TimeSpan.FromMilliseconds(40 + (context.Id.Value * 37 % 400)), info: new { messageId = $"m-{context.Id.Value}" });
        })
        .AddHandler<Invoice>(static (job, context, _) => context.Id.Value % 3 == 0
            ? throw new InvalidOperationException($"The account {job.Account} has no billing address.")
            : throw new HttpRequestException($"POST /v2/invoices answered 503 for invoice {job.Number}"));

    private static async Task IngestAsync(Ingest job, JobContext context)
    {
        context.PlanPhases(("scan", 0.1), ("previews", 0.7), ("index", 0.2));
        await context.PhaseAsync("scan", 0.1, async phase =>
        {
            context.Log.LogInformation("{Count} files in {Folder}", job.Count, job.Folder);
            await Task.Delay(1500, phase.CancellationToken);
        });
        await context.PhaseAsync("previews", 0.7, phase => phase.ForEachAsync(
            (int? after) => Enumerable.Range(1, job.Count).Where(number => number > (after ?? 0)), static number => number,
            async (number, token) =>
            {
                var file = $"IMG_{number:0000}.CR3";
                phase.Progress.Note(file);
                await Task.Delay(job.Milliseconds, token);
                if (job.BadEvery > 0 && number % job.BadEvery == 0)
                {
                    context.Trace("preview", file, "embedded", 1, success: false, "no embedded preview", TimeSpan.FromMilliseconds(8 + (number % 5)));
                    context.Trace("preview", file, "raw", 2, success: false, "unexpected end of file at byte 8,388,608", TimeSpan.FromMilliseconds(job.Milliseconds));
                    context.Log.LogWarning("{File}: unexpected end of file, left out", file);
                    throw new InvalidDataException($"{file}: unexpected end of file at byte 8,388,608");
                }

                context.Trace("preview", file, number % 7 == 0 ? "raw" : "embedded", 1, success: true, duration: TimeSpan.FromMilliseconds(12 + (number * 13 % 60)), info: new { width = 1620, height = 1080, kb = 140 + (number * 31 % 90) });
                if (number % 10 == 0)
                    context.Log.LogInformation("{Number} of {Count} previews", number, job.Count);
            },
            new LoopOptions { Total = job.Count, ItemErrors = ItemErrors.Record(upToCount: job.Count) }));
        await context.PhaseAsync("index", 0.2, static phase => Task.Delay(2000, phase.CancellationToken));
        context.SetResult(new { previews = job.Count, folder = job.Folder });
    }
}
