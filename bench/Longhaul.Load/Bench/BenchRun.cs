namespace Longhaul.Load.Bench;

/// <summary>Measures a case: its contenders take turns (A B A B …), so that a change of the machine's mood meets all of them.</summary>
internal sealed class BenchRun(int runs, double scale, Action<string> tell)
{
    /// <returns>The figures, and how many cores others had at worst while one of them was measured.</returns>
    public async Task<(IReadOnlyList<Series> Series, double? Others)> MeasureAsync(Case @case)
    {
        if (@case.WarmUp > 0)
        {
            foreach (var contender in @case.Contenders)
                await OnceAsync(@case, contender, new Effort(scale * @case.WarmUp), "warm-up");
        }

        var found = new Dictionary<(string Figure, string System), (string Unit, List<double> Values)>();
        List<(string Figure, string System)> order = [];
        double? worst = null;
        for (var run = 1; run <= runs; run++)
        {
            foreach (var contender in @case.Contenders)
            {
                var others = new Others();
                var figures = await OnceAsync(@case, contender, new Effort(scale), $"run {run} of {runs}");
                if (others.Cores is { } cores && !(cores < worst))
                    worst = cores;
                foreach (var figure in figures)
                {
                    var key = (figure.Name, contender.System);
                    if (!found.TryGetValue(key, out var series))
                    {
                        found.Add(key, series = (figure.Unit, []));
                        order.Add(key);
                    }

                    series.Values.Add(figure.Value);
                }
            }
        }

        return ([.. order.Select(key => new Series(key.Figure, key.System, found[key].Unit, found[key].Values))], worst);
    }

    private async Task<IReadOnlyList<Figure>> OnceAsync(Case @case, Contender contender, Effort effort, string what)
    {
        tell($"{@case.Name}  {contender.System}  {what}");

        // What the one before left behind is not this one's to clean up.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return await contender.MeasureAsync(effort);
    }
}
