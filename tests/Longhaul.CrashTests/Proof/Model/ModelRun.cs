using System.Globalization;
using System.Text;

namespace Longhaul.Proof;

/// <summary>Runs one sequence against several subjects in step and compares what is answered and what is seen.</summary>
internal static class ModelRun
{
    /// <summary>How often the whole of it is compared, not only what can be seen at a glance.</summary>
    private const int CloseLookEvery = 10;

    /// <summary>Throws at the first difference, with the sequence up to there and both sides of it.</summary>
    public static async Task CompareAsync(IReadOnlyList<Step> sequence, VirtualClock clock, IReadOnlyList<IModelSubject> subjects)
    {
        var told = new StringBuilder();
        for (var i = 0; i < sequence.Count; i++)
        {
            told.AppendLine(CultureInfo.InvariantCulture, $"  {i}: {sequence[i]}");
            if (sequence[i] is Step.Pass pass)
                clock.Advance(TimeSpan.FromSeconds(pass.Seconds));
            var number = i;
            var answer = await SameAsync(subjects, async subject => await subject.DoAsync(sequence[number], number), "answer", told);
            if (answer.Length > 0)
                told.AppendLine(CultureInfo.InvariantCulture, $"      → {answer}");
            await SameAsync(subjects, static async subject => await subject.SeeAsync(), "show", told);
            if (i % CloseLookEvery == CloseLookEvery - 1 || i == sequence.Count - 1)
                await SameAsync(subjects, static subject => subject.SeeMoreAsync(), "show", told);
        }
    }

    private static async Task<string> SameAsync(IReadOnlyList<IModelSubject> subjects, Func<IModelSubject, Task<string?>> ask, string verb, StringBuilder told)
    {
        var (first, who) = ((string?)null, "");
        foreach (var subject in subjects)
        {
            if (await TryAsync(ask, subject) is not { } answer)
                continue; // it does not look so closely
            if (first is null)
                (first, who) = (answer, subject.Name);
            else if (answer != first)
                throw new ModelDifferenceException($"After{Environment.NewLine}{told}the subjects {verb} different things.{Environment.NewLine}{Difference(who, first, subject.Name, answer)}");
        }

        return first ?? "";
    }

    private static async Task<string?> TryAsync(Func<IModelSubject, Task<string?>> ask, IModelSubject subject)
    {
        try
        {
            return await ask(subject);
        }
        catch (Exception e)
        {
            return $"{e.GetType().Name}: {e.Message}{Environment.NewLine}{e.StackTrace}";
        }
    }

    private static string Difference(string one, string first, string two, string second)
    {
        var (mine, theirs) = (first.Split(Environment.NewLine), second.Split(Environment.NewLine));
        return string.Join(Environment.NewLine, mine.Except(theirs).Select(line => $"  {one}: {line}").Concat(theirs.Except(mine).Select(line => $"  {two}: {line}")));
    }
}

internal sealed class ModelDifferenceException(string message) : Exception(message);
