using System.Collections.Concurrent;
using Longhaul.Hosting;
using Longhaul.Jobs;
using Longhaul.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Longhaul.Tests.Registry;

public sealed class HandlerTests
{
    [Job("handler.a")]
    public sealed record A(string Text = "");

    [Job("handler.b")]
    public record B;

    private readonly List<string> _log = [];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public sealed class Service(List<string> log) : IDisposable
    {
        public void Dispose() => log.Add("service disposed");
    }

    public sealed class AHandler(List<string> log, Service service) : IJobHandler<A>, IAsyncDisposable
    {
        public Task HandleAsync(A job, JobContext context, CancellationToken cancellationToken)
        {
            service.ShouldNotBeNull();
            log.Add($"handle {job.Text}");
            return Task.CompletedTask;
        }

        public ValueTask DisposeAsync()
        {
            log.Add("handler disposed");
            return default;
        }
    }

    [Fact]
    public async Task A_handler_is_made_for_each_run_from_its_scope_and_disposed()
    {
        await using var services = App.Of(static l => l.UseSync().AddHandler<A, AHandler>(), s => s.AddSingleton(_log).AddScoped<Service>());

        await services.Client().EnqueueAsync(new A("1"), cancellationToken: Stop);
        await services.Client().EnqueueAsync(new A("2"), cancellationToken: Stop);

        _log.ShouldBe(["handle 1", "handler disposed", "service disposed", "handle 2", "handler disposed", "service disposed"]);
    }

    [Fact]
    public async Task A_handler_in_the_services_comes_from_there()
    {
        await using var services = App.Of(static l => l.UseSync().AddHandler<A, AHandler>(), s => s.AddSingleton(_log).AddSingleton<Service>().AddSingleton<AHandler>());

        await services.Client().EnqueueAsync(new A("1"), cancellationToken: Stop);
        await services.Client().EnqueueAsync(new A("2"), cancellationToken: Stop);

        _log.ShouldBe(["handle 1", "handle 2"]);
    }

    public sealed class Both : IJobHandler<A>, IJobHandler<B>
    {
        public Task HandleAsync(A job, JobContext context, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task HandleAsync(B job, JobContext context, CancellationToken cancellationToken) => Task.CompletedTask;

        Task IJobHandler<B>.FailedAsync(B job, JobContext context, JobFailure failure, CancellationToken cancellationToken) => Task.CompletedTask;
    }

    public abstract class Base : IJobHandler<A>
    {
        public Task HandleAsync(A job, JobContext context, CancellationToken cancellationToken) => Task.CompletedTask;

        public virtual Task FailedAsync(A job, JobContext context, JobFailure failure, CancellationToken cancellationToken) => Task.CompletedTask;
    }

    public sealed class Derived : Base;

    [Job("handler.c")]
    public sealed record C : B;

    public sealed class ForBase : IJobHandler<B>
    {
        public Task HandleAsync(B job, JobContext context, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task FailedAsync(B job, JobContext context, JobFailure failure, CancellationToken cancellationToken) => Task.CompletedTask;
    }

    [Fact]
    public void Only_a_handler_that_brings_its_own_FailedAsync_wants_the_call()
    {
        var registry = Registry(static l => l.AddHandler<A, Both>().AddHandler<B, Both>().AddHandler<C, ForBase>());

        registry.Find("handler.a")!.HasFailedHook.ShouldBeFalse();
        registry.Find("handler.b")!.HasFailedHook.ShouldBeTrue();
        registry.Find("handler.c")!.HasFailedHook.ShouldBeTrue();
        Registry(static l => l.AddHandler<A, Derived>()).Find("handler.a")!.HasFailedHook.ShouldBeTrue();
        Registry(static l => l.AddHandler<A>(static (_, _, _) => Task.CompletedTask)).Find("handler.a")!.HasFailedHook.ShouldBeFalse();
    }

    [Fact]
    public void A_lambda_without_services_needs_no_scope()
    {
        Registry(static l => l.AddHandler<A>(static (_, _, _) => Task.CompletedTask)).Find("handler.a")!.NeedsScope.ShouldBeFalse();
        Registry(static l => l.AddHandler<A>(static (_, _, _, _) => Task.CompletedTask)).Find("handler.a")!.NeedsScope.ShouldBeTrue();
    }

    [Fact]
    public void An_assembly_gives_all_its_handlers_but_those_left_out()
    {
        var found = AssemblyHandlers.Of(typeof(HandlerTests).Assembly, [typeof(Both)]).Select(static h => h.Payload).ToArray();

        found.ShouldContain(typeof(A));
        found.Count(static p => p == typeof(B)).ShouldBe(1);
        Should.Throw<ArgumentException>(static () => AssemblyHandlers.Of(typeof(object).Assembly, [])).Message
            .ShouldStartWith("An assembly given to AddHandlersFromAssembly must have a class that is an IJobHandler<…>, but System.Private.CoreLib has none.");
    }

    private sealed class Outer(ConcurrentQueue<string> log) : IJobMiddleware
    {
        public async Task InvokeAsync(JobContext context, Func<Task> next, CancellationToken cancellationToken)
        {
            log.Enqueue($"outer begins {context.Name}");
            await next();
            log.Enqueue("outer ends");
        }
    }

    private sealed class Inner(ConcurrentQueue<string> log, Service service) : IJobMiddleware
    {
        public Task InvokeAsync(JobContext context, Func<Task> next, CancellationToken cancellationToken)
        {
            service.ShouldNotBeNull();
            log.Enqueue("inner");
            return next();
        }
    }

    [Fact]
    public async Task Middleware_goes_around_the_handler_the_first_outermost()
    {
        var log = new ConcurrentQueue<string>();
        await using var services = App.Of(
            l => l.UseSync().AddMiddleware<Outer>().AddMiddleware<Inner>().AddHandler<A>((_, _, _) =>
            {
                log.Enqueue("handler");
                return Task.CompletedTask;
            }),
            s => s.AddSingleton(log).AddSingleton(_log).AddScoped<Service>().AddScoped<Inner>());

        await services.Client().EnqueueAsync(new A(), cancellationToken: Stop);

        log.ShouldBe(["outer begins handler.a", "inner", "handler", "outer ends"]);
        services.GetRequiredService<LonghaulInstance>().Registry.Find("handler.a")!.NeedsScope.ShouldBeTrue();
    }

    [Fact]
    public void Middleware_that_cannot_be_made_is_told_at_start()
        => App.Problems(static l => l.UseMemory().AddMiddleware<Outer>()).ShouldHaveSingleItem().ShouldStartWith(
            "The middleware Longhaul.Tests.Registry.HandlerTests+Outer must have a constructor that the services can fill, but: ");

    private JobRegistry Registry(Action<LonghaulBuilder> longhaul)
        => App.Of(l => longhaul(l.UseMemory()), s => s.AddSingleton(_log).AddSingleton<Service>()).GetRequiredService<LonghaulInstance>().Registry;
}
