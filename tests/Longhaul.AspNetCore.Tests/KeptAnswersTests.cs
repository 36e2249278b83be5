using Longhaul.AspNetCore.Api;
using Longhaul.Conformance;

namespace Longhaul.AspNetCore.Tests;

[Trait("Part", "web")]
public sealed class KeptAnswersTests
{
    private readonly ManualClock _clock = new();
    private readonly KeptAnswers<string, int> _answers;
    private int _made;

    public KeptAnswersTests() => _answers = new(_clock);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_took_long_is_kept_for_thirty_times_as_long()
    {
        (await AskAsync("a", 100)).ShouldBe(1);
        _clock.Advance(TimeSpan.FromMilliseconds(2_999));
        (await AskAsync("a", 100)).ShouldBe(1);
        (await AskAsync("b", 100)).ShouldBe(2);
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        (await AskAsync("a", 100)).ShouldBe(3);
    }

    [Fact]
    public async Task What_was_quick_is_not_kept()
    {
        (await AskAsync("a", 49)).ShouldBe(1);
        (await AskAsync("a", 49)).ShouldBe(2);
    }

    [Fact]
    public async Task What_was_made_before_a_change_is_not_kept()
    {
        (await AskAsync("a", 100)).ShouldBe(1);
        _answers.Forget();
        (await AskAsync("a", 100, _answers.Forget)).ShouldBe(2);
        (await AskAsync("a", 100)).ShouldBe(3);
        (await AskAsync("a", 100)).ShouldBe(3);
    }

    [Fact]
    public async Task All_who_ask_at_once_wait_for_one_answer_and_may_leave()
    {
        var answer = new TaskCompletionSource<int>();
        using var leaves = new CancellationTokenSource();
        var first = _answers.GetAsync("a", () => answer.Task, leaves.Token);
        var second = _answers.GetAsync("a", static () => Task.FromResult(0), Cancel);
        await leaves.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => first);
        answer.SetResult(7);

        (await second).ShouldBe(7);
    }

    [Fact]
    public async Task An_error_is_not_kept()
    {
        await Should.ThrowAsync<IOException>(() => AskAsync("a", 100, static () => throw new IOException("away")));
        (await AskAsync("a", 100)).ShouldBe(2);
    }

    private Task<int> AskAsync(string key, int milliseconds, Action? meanwhile = null) => _answers.GetAsync(
        key,
        () =>
        {
            _made++;
            _clock.Advance(TimeSpan.FromMilliseconds(milliseconds));
            meanwhile?.Invoke();
            return Task.FromResult(_made);
        },
        Cancel);
}
