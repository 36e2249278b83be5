using Longhaul.Cli.Hosting;
using Longhaul.Cli.Output;
using Longhaul.Storage;

namespace Longhaul.Cli;

/// <summary>What one command works with.</summary>
internal sealed class CliContext(CliConsole console, IApplication application, IReadOnlyList<string> arguments, string? storeUrl, bool json) : IAsyncDisposable
{
    /// <summary>Rows asked of the store at once.</summary>
    public const int PageSize = 500;

    /// <summary>From where, in the audit: what comes over HTTP has an address.</summary>
    private const string Origin = "command line";

    /// <summary>A store that does not open within this is not reachable: people get their answer within 5 s.</summary>
    private static readonly TimeSpan OpenWithin = TimeSpan.FromSeconds(4.5);

    private IServiceProvider? _services;

    public CliConsole Console { get; } = console;

    public Printer Print { get; } = new(console, json);

    public bool Json { get; } = json;

    public TimeProvider Time => Console.Time;

    public bool IsAlone => application.IsAlone;

    /// <summary>The whole command line.</summary>
    public IReadOnlyList<string> Arguments { get; } = arguments;

    /// <summary>The application, of which a store may be made or migrated or not, as the first call says.</summary>
    public IServiceProvider Services(bool create = false) => _services ??= application.Services(storeUrl, create);

    /// <summary>Puts the application's store, and what serves it, into a web application.</summary>
    public void AddTo(Microsoft.Extensions.Hosting.IHostApplicationBuilder builder) => application.AddTo(builder, storeUrl);

    /// <summary>The store, open. Verbs that only look or act neither create nor migrate one.</summary>
    public Task<IJobStore> StoreAsync(CancellationToken cancellationToken) => StoreAsync(create: false, cancellationToken);

    /// <summary>The store, open.</summary>
    /// <param name="create">Whether to make or migrate it.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<IJobStore> StoreAsync(bool create, CancellationToken cancellationToken) => StoreAsync(Services(create).Longhaul.Store.OpenAsync, OpenWithin, cancellationToken);

    /// <summary>The store, made or brought up to date, which takes the time that it takes.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<IJobStore> MigratedStoreAsync(CancellationToken cancellationToken) => StoreAsync(Services(create: true).Longhaul.Store.MigrateAsync, Timeout.InfiniteTimeSpan, cancellationToken);

    private async Task<IJobStore> StoreAsync(Func<CancellationToken, ValueTask<IJobStore>> open, TimeSpan within, CancellationToken cancellationToken)
    {
        try
        {
            // Some drivers connect synchronously: never on the thread that counts the time.
            return await Task.Run(() => open(cancellationToken).AsTask(), cancellationToken)
                .WaitAsync(within, Time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new CliException(ExitCode.StoreNotReachable, $"the store did not answer within {When.Span(within)}");
        }
        catch (StoreException e)
        {
            throw new CliException(ExitCode.StoreNotReachable, e.Message);
        }
        catch (ArgumentException e)
        {
            throw CliException.WrongUse(e.Message); // the address names a kind of store that there is, but not one store
        }
    }

    /// <summary>Who acts and why, for the history of jobs.</summary>
    public ActionContext Acting(string? reason = null) => new(Console.User, reason);

    /// <summary>Keeps who did what, where the store keeps an audit. What was done is not undone for want of its line.</summary>
    public async Task AuditAsync(IJobStore store, string action, string? target, string? reason, string outcome)
    {
        if (!store.Info.Capabilities.HasFlag(StoreCapabilities.Records))
            return;
        var record = new AuditRecord { By = Console.User, Action = action, Target = target, Reason = reason, Outcome = outcome, Origin = Origin };
        try
        {
            await store.WriteAuditAsync(record, CancellationToken.None).ConfigureAwait(false);
        }
        catch (StoreException e)
        {
            Print.Note($"longhaul: done, but not noted in the audit: {e.Message}");
        }
    }

    /// <summary>Asks before something is destroyed. Without a terminal only <paramref name="yes"/> counts.</summary>
    /// <exception cref="CliException">Not confirmed.</exception>
    public async Task ConfirmAsync(string question, bool yes, CancellationToken cancellationToken)
    {
        if (yes)
            return;
        if (Json || !Console.InIsTerminal)
            throw CliException.WrongUse($"{question} Nothing was done: nobody can be asked here", "add --yes");

        await Console.Error.WriteAsync($"{Shown.Line(question)} [y/N] ").ConfigureAwait(false);
        await Console.Error.FlushAsync(cancellationToken).ConfigureAwait(false);
        if ((await AnswerAsync(cancellationToken).ConfigureAwait(false))?.Trim() is not ("y" or "Y" or "yes" or "Yes" or "YES"))
            throw new CliException(ExitCode.Failed, "nothing was done");
    }

    /// <summary>A terminal's read cannot be called off. After Ctrl-C nobody waits for it, and the process ends with it.</summary>
    private async Task<string?> AnswerAsync(CancellationToken cancellationToken)
    {
        var answer = Task.Run(
            () =>
            {
                using var reader = new StreamReader(Console.OpenInput());
                return reader.ReadLine();
            },
            CancellationToken.None);
        try
        {
            return await answer.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync().ConfigureAwait(false); // what follows is not to stand behind the question
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (application.IsAlone && _services is IAsyncDisposable services)
            await services.DisposeAsync().ConfigureAwait(false);
    }
}
