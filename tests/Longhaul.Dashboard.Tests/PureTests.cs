namespace Longhaul.Dashboard.Tests;

/// <summary>The dashboard's pure functions, in the browser that runs them.</summary>
[Trait("Part", "web")]
public sealed class PureTests(Chromium chromium)
{
    /// <summary>Module, expression, what it gives as JSON.</summary>
    public static TheoryData<string, string, string> Cases => new()
    {
        { "lib/format.js", "number(12345.678)", "\"12,345\"" },
        { "lib/format.js", "number(null)", "\"–\"" },
        { "lib/format.js", "percent(0.65)", "\"65.0 %\"" },
        { "lib/format.js", "percent(0.99999)", "\"99.9 %\"" },
        { "lib/format.js", "[0, 0.0004, 0.4, 1.26, 12.9, 185, 8040, 273600].map(duration)", "[\"0 s\",\"<1 ms\",\"400 ms\",\"1.2 s\",\"12 s\",\"3 min 05 s\",\"2 h 14 min\",\"3 d 4 h\"]" },
        { "lib/format.js", "[3.2, 42, 299, 6900, 80000, 500000].map(roughly)", "[\"4 s\",\"40 s\",\"5 min\",\"2 h 00 min\",\"22 h\",\"6 d\"]" },
        { "lib/format.js", "[12.34, 0.75, 0.001, 0, 25000, null].map(rate)", "[\"12.3/s\",\"45/min\",\"3.6/h\",\"0/s\",\"25 k/s\",\"–\"]" },
        { "lib/format.js", "[512, 14541, 3250586].map(bytes)", "[\"512 B\",\"14.2 KiB\",\"3.1 MiB\"]" },
        { "lib/format.js", "secondsLeft(250, 1000, 10)", "75" },
        { "lib/format.js", "[secondsLeft(1, 10, 0), secondsLeft(null, 10, 1), secondsLeft(1, null, 1)]", "[null,null,null]" },
        { "lib/format.js", "secondsLeft(12, 10, 1)", "0" },
        { "lib/format.js", "ago('2026-01-01T00:00:00Z', Date.parse('2026-01-01T00:00:30Z'))", "\"30 s ago\"" },
        { "lib/format.js", "ago('2026-01-01T02:00:00Z', Date.parse('2026-01-01T00:00:00Z'))", "\"in 2 h\"" },
        { "lib/format.js", "cut('abcdefghijklmnop', 7)", "\"abcd…op\"" },
        { "lib/filter.js", "toQuery(fromSearch('state:failed,stuck queue:ingest* tag:\"big one\" lost disk'))", "\"state=failed&derived=stuck&queue=ingest*&tag=big+one&text=lost+disk\"" },
        { "lib/filter.js", "fromSearch('4711').ids", "[\"4711\"]" },
        { "lib/filter.js", "toSearch(fromSearch('owner:acme text:\"4711\"'))", "\"owner:acme text:\\\"4711\\\"\"" },
        { "lib/filter.js", "fromSearch('state:nonsense foo:bar').text", "\"state:nonsense foo:bar\"" },
        { "lib/filter.js", "fromQuery(new URLSearchParams('state=failed,evil&id=1,x&derived=?')).states", "[\"failed\"]" },
        { "lib/filter.js", "[isId('9007199254740991'), isId('9007199254740992'), isId('0'), isId('1e3')]", "[true,false,false,false]" },
        { "lib/json.js", "layOut('{\"big\":12345678901234567890,\"price\":1.10,\"e\":{},\"l\":[1,[]],\"s\":\"a{,}:\\\\\"b\"}')", "\"{\\n  \\\"big\\\": 12345678901234567890,\\n  \\\"price\\\": 1.10,\\n  \\\"e\\\": {},\\n  \\\"l\\\": [\\n    1,\\n    []\\n  ],\\n  \\\"s\\\": \\\"a{,}:\\\\\\\"b\\\"\\n}\"" },
        { "lib/json.js", "layOut('no json')", "\"no json\"" },
        { "lib/json.js", "JSON.stringify(parse('{\"id\":4711,\"big\":12345678901234567890}'))", "\"{\\\"id\\\":4711,\\\"big\\\":12345678901234567890}\"" },
        { "lib/csv.js", "['=1+1', '+x', '-x', '@x', '\\tx', 'a,b', 'say \"x\"', -5, null].map(cell)", "[\"'=1+1\",\"'+x\",\"'-x\",\"'@x\",\"'\\tx\",\"\\\"a,b\\\"\",\"\\\"say \\\"\\\"x\\\"\\\"\\\"\",\"-5\",\"\"]" },
        { "lib/view.js", "['jobs/1', 'https://x/', 'javascript:alert(1)', ' java\\nscript:alert(1)', 'data:text/html,x', 'vbscript:x'].map(safeAddress)", "[\"jobs/1\",\"https://x/\",\"#\",\"#\",\"#\",\"#\"]" },
        { "parts/chart.js", "[0, 0.003, 1, 3, 7, 20, 21].map(niceTop)", "[1,0.005,1,5,10,20,50]" },
        { "parts/queues.js", "[drainOf([[0, 100], [10000, 50]], 50), drainOf([[0, 50], [10000, 100]], 100) === Infinity, drainOf([[0, 5]], 5), drainOf([[0, 5], [9000, 5]], 5)]", "[10,true,null,null]" },
        { "lib/phases.js", "phasesOf({ phases: { '': {}, a: { weight: 0.1, done: true }, b: { weight: 0.9, loop: { count: 7, failed: 1 } } } }, { phase: 'b' }, 'running').map(p => [p.path, p.state, p.count])", "[[\"a\",\"done\",null],[\"b\",\"now\",7]]" },
        { "lib/phases.js", "spansOf({ createdAt: '2026-01-01T00:00:00Z', startedAt: '2026-01-01T00:00:10Z', availableAt: '2026-01-01T00:01:00Z', state: 'running', run: 2, worker: 'w' }, [{ at: '2026-01-01T00:00:30Z', kind: 'retried', durationSeconds: 20, run: 1 }], Date.parse('2026-01-01T00:01:30Z')).map(s => [s.kind, (s.to - s.from) / 1000])", "[[\"waits\",10],[\"retried\",20],[\"waits\",30],[\"running\",30]]" },
    };

    [Fact]
    public async Task They_give_what_they_should()
    {
        await using var host = await DashboardHost.StartAsync(works: false);
        await using var visit = await Visit.OpenAsync(chromium, host);
        var wrong = new List<string>();
        foreach (var (module, expression, expected) in Cases.Select(static row => row.Data))
        {
            // The names are written into the script, as the content security policy lets no page make code out of a text.
            var load = $"const m = await import(`${{document.documentElement.dataset.prefix}}/assets/{module}`);";
            var names = await visit.Page.EvaluateAsync<string>($"async () => {{ {load} return Object.keys(m).join(', '); }}");
            var found = await visit.Page.EvaluateAsync<string>($"async () => {{ {load} const {{ {names} }} = m; return JSON.stringify({expression}); }}");
            if (found != expected)
                wrong.Add($"{expression}\n  must be {expected}\n  but is {found}");
        }

        string.Join('\n', wrong).ShouldBe("");
    }

    [Fact]
    public async Task Drawing_changes_only_what_differs()
    {
        await using var host = await DashboardHost.StartAsync(works: false);
        await using var visit = await Visit.OpenAsync(chromium, host);

        // Random lists of keyed rows, one after the other: the page must show each exactly, rows that stay must be the same elements, and an input keeps what was typed.
        var wrong = await visit.Page.EvaluateAsync<string>("""
            async () => {
              const { h, render } = await import(`${document.documentElement.dataset.prefix}/assets/lib/view.js`);
              const place = document.createElement('div');
              document.body.append(place);
              let seed = 4711;
              const random = most => (seed = (seed * 48271) % 2147483647) % most;
              let before = new Map();
              render([h('input', { key: 'typed', value: 'a' })], place);
              place.querySelector('input').value = 'typed';
              for (let round = 0; round < 400; round++) {
                const keys = [...new Set(Array.from({ length: random(9) }, () => random(12)))];
                const rows = keys.map(key => h('p', { key, class: random(2) ? 'x' : undefined }, `row ${key}`, random(2) ? null : h('b', null, round)));
                render([random(2) ? 'text' : null, h('input', { key: 'typed', value: 'a' }), rows], place);
                const shown = [...place.querySelectorAll('p')];
                if (shown.map(p => p.firstChild.data).join() !== keys.map(key => `row ${key}`).join()) return `round ${round}: ${place.textContent}`;
                const now = new Map(keys.map((key, index) => [key, shown[index]]));
                for (const [key, node] of now) if (before.has(key) && before.get(key) !== node) return `round ${round}: row ${key} was made anew`;
                before = now;
                if (place.querySelector('input').value !== 'typed') return `round ${round}: the input lost what was typed`;
              }
              return '';
            }
            """);

        wrong.ShouldBe("");
    }
    [Fact]
    public async Task Who_comes_when_a_session_has_ended_hears_nothing_of_it()
    {
        await using var host = await DashboardHost.StartAsync(works: false);
        await using var visit = await Visit.OpenAsync(chromium, host);

        var heard = await visit.Page.EvaluateAsync<string[]>("""
            async () => {
              const { Hub } = await import(`${document.documentElement.dataset.prefix}/assets/lib/hub.js`);
              const streams = [];
              window.EventSource = class extends EventTarget {
                static CLOSED = 2;
                readyState = 1;
                constructor() { super(); streams.push(this); }
                close() { this.readyState = 2; }
              };
              window.fetch = async () => ({ status: 401 });
              const until = async holds => { while (!holds()) await new Promise(done => setTimeout(done, 5)); };
              const kinds = { first: [], second: [], third: [] };
              const joins = name => hub.join(name, message => kinds[name].push(message.kind === 'state' ? message.data : message.kind));

              const hub = new Hub('/events');
              joins('first');
              await until(() => streams.length === 1);
              for (const [kind, data] of [['status', {}], ['job', { id: 1, state: 'running' }]])
                streams[0].dispatchEvent(new MessageEvent(kind, { data: JSON.stringify(data) }));
              joins('second');
              streams[0].readyState = 2;
              streams[0].onerror();
              await until(() => kinds.second.includes('ended'));
              joins('third');
              return Object.values(kinds).map(list => list.join(' '));
            }
            """);

        heard.ShouldBe(["connecting status job away ended", "connecting status jobs away ended", "connecting"]);
    }
}
