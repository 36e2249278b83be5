// What operators look at all day: is it well, what runs, how much is there, who works.

import { get } from '../lib/api.js';
import { age, ago, axis, bytes, clock, duration, number, rate } from '../lib/format.js';
import { live } from '../lib/live.js';
import { reading } from '../lib/reading.js';
import { h } from '../lib/view.js';
import { bar, card, empty, healthPill, link, note, time, trouble, workersInOrder, workerState } from '../parts/basics.js';
import { chart } from '../parts/chart.js';
import { queueTable, remember } from '../parts/queues.js';
import { inOrder, wall } from '../parts/wall.js';
import { texts } from '../texts.js';

const windows = ['5m', '15m', '1h', '6h', '24h'];
const firstRows = 24;
const mostRows = 200;
const words = texts.overview;

export function overview({ query, redraw, go }) {
  let window = windows.includes(query.get('window')) ? query.get('window') : '15m';
  let pattern = query.get('pattern') ?? '';
  let rows = firstRows;

  const status = reading(async () => {
    const answer = await get('api/status', pattern === '' ? undefined : new URLSearchParams({ queue: pattern }));
    if (pattern === '') live.status = answer;
    return answer;
  }, redraw);
  const running = reading(async () => {
    const answer = await get('api/jobs', new URLSearchParams({ state: 'running', limit: '200' }));
    if (live.state !== 'live') live.running.clear();
    for (const job of answer.items) if (!live.running.has(job.id)) live.running.set(job.id, job);
    return answer;
  }, redraw);
  const queues = reading(async () => live.queues = await get('api/queues'), redraw);
  const workers = reading(async () => live.workers = await get('api/workers'), redraw);
  const stats = reading(() => get('api/stats', new URLSearchParams({ window })), redraw);
  const store = reading(() => get('api/store'), redraw);
  const all = [status, running, queues, workers, stats, store];

  running.refresh();
  queues.refresh();
  workers.refresh();
  store.every(60_000);
  stats.every(10_000);
  status.every(5000);

  return {
    view: now => [
      h('h1', { class: 'hidden' }, texts.pages.overview),
      status.problem && trouble(status.problem, () => all.forEach(one => one.refresh())),
      !status.closed && health(now), unhandled(), runningNow(now),
      !stats.closed && figures(now),
      !queues.closed && card(words.queues, null, queueList(now)),
      h('div', { class: 'cols' }, !workers.closed && workerList(now), !store.closed && storage()),
    ],
    hear: (kind, data) => {
      if (kind === 'poll') for (const one of [running, queues, workers]) one.refresh();
      if (kind === 'queues') remember(data.items, Date.now());
      if (kind === 'hello' && !data.resumed) stats.soon();
    },
    query: next => {
      window = windows.includes(next.get('window')) ? next.get('window') : '15m';
      pattern = next.get('pattern') ?? '';
      stats.refresh();
      status.refresh();
    },
    leave: () => all.forEach(one => one.stop()),
  };

  function health(now) {
    const known = newest();
    if (known === undefined) return h('section', { class: 'card health', 'aria-label': words.health }, h('p', { class: 'hint' }, texts.loading));
    const [pill, face] = healthPill(known.worker.status);
    const figure = (label, value, kind) => h('div', { class: 'figure', key: typeof label === 'string' ? label : 'pattern' }, h('dt', null, label), h('dd', { class: kind }, value));
    return h('section', { class: 'card health', 'aria-label': words.health },
      h('span', { class: pill, 'data-health': known.worker.status }, face),
      h('p', { class: 'hint' }, known.worker.hint),
      h('dl', { class: 'figures' },
        figure(words.pending, link('jobs?state=pending', null, number(known.jobs.pending))),
        figure(h('label', null, words.matching, ' ', h('input', { class: 'pattern', 'aria-label': words.patternLabel, placeholder: words.patternHint, value: pattern, onchange: event => match(event.target.value) })),
          pattern === '' ? texts.none : link(`jobs?state=pending&queue=${encodeURIComponent(pattern)}`, null, number(status.value?.jobs.matching_pending))),
        figure(words.running, link('jobs?state=running', null, number(known.jobs.reserved))),
        figure(words.failed, link('failed', null, number(known.jobs.failed)), known.jobs.failed > 0 ? 'red' : ''),
        figure(words.driver, known.jobs.driver ?? texts.none),
        figure(words.updated, time(known.updated_at, clock(known.updated_at), { title: ago(known.updated_at, now) }))));
  }

  // The stream tells changes at once; the reading also counts by pattern, and goes on when the stream is cut.
  function newest() {
    if (live.status === null || status.value === undefined) return live.status ?? status.value;
    return Date.parse(status.value.updated_at) > Date.parse(live.status.updated_at) ? status.value : live.status;
  }

  function unhandled() {
    return (live.queues?.unhandled ?? []).slice(0, 5).map(one => h('div', { key: `${one.queue} ${one.name}` }, note('yellow', 'stuck', words.unhandled(one.name, one.queue, one.due))));
  }

  function runningNow(now) {
    const jobs = inOrder(live.running.values());
    const beats = new Map((live.workers?.items ?? []).map(worker => [worker.id, worker.lastBeatAt]));
    const count = Math.max(jobs.length, newest()?.jobs.reserved ?? 0);
    return card(words.now, link('jobs?state=running', { class: 'soft' }, count > 0 ? words.nowCount(count) : words.allRunning),
      jobs.length === 0 ? running.value === undefined && !running.problem ? empty(texts.loading) : empty(words.nothingRuns) : wall(jobs.slice(0, rows), beats, now),
      jobs.length > rows && rows < mostRows && h('div', { class: 'pager' }, h('button', { onclick: () => { rows = mostRows; redraw(); } }, words.moreRun(Math.min(jobs.length, mostRows) - rows))));
  }

  function figures(now) {
    const known = stats.value;
    const points = known?.points ?? [];
    const to = points.length > 0 ? Math.max(Date.parse(points.at(-1).at), now - 15_000) : now;
    const step = known?.step ?? 10;
    const shared = { points, from: to - (known?.window ?? 900) * 1000, to, step, redraw };
    // The last step is not over yet: what has been counted in it is of less time.
    const per = (point, name) => (point[name] ?? null) === null ? null : point[name] / Math.min(step, Math.max(5, (now - Date.parse(point.at)) / 1000));
    const choice = h('label', null, h('span', { class: 'hidden' }, words.window),
      h('select', { value: window, onchange: event => change({ window: event.target.value }) }, windows.map(one => h('option', { value: one, key: one }, words.windows[one]))));
    return h('section', { 'aria-label': words.charts },
      h('div', { class: 'head' }, h('h2', null, words.charts), h('div', { class: 'actions' }, choice)),
      stats.problem && trouble(stats.problem, stats.refresh),
      h('div', { class: 'cols' },
        card(words.throughput, null, h('div', { class: 'body' }, chart({ ...shared, key: 'throughput', title: words.throughput, format: rate, series: [
          { label: words.completed, colour: 'green', bars: true, value: point => per(point, 'completed') },
          { label: words.failedSeries, colour: 'red', bars: true, value: point => per(point, 'failed') },
          { label: words.cancelled, colour: 'gray', bars: true, value: point => per(point, 'cancelled') }] }))),
        card(words.latency, h('span', { class: 'soft' }, words.latencyOf), h('div', { class: 'body' }, chart({ ...shared, key: 'latency', title: words.latency, format: duration, side: axis, series: [
          { label: words.startP50, colour: 'blue', value: point => point.startP50 },
          { label: words.startP95, colour: 'blue', dash: '2 4', value: point => point.startP95 },
          { label: words.runP50, colour: 'green', value: point => point.runP50 },
          { label: words.runP95, colour: 'green', dash: '2 4', value: point => point.runP95 }] }))),
        card(words.queueAge, null, h('div', { class: 'body' }, chart({ ...shared, key: 'age', title: words.queueAge, format: duration, side: axis, series: [
          { label: words.age, colour: 'yellow', value: point => point.oldestDueSeconds ?? (point.due === 0 ? 0 : null) }] })))));
  }

  function queueList(now) {
    if (live.queues === null) return queues.problem ? trouble(queues.problem, queues.refresh) : empty(texts.loading);
    return live.queues.items.length === 0 ? empty(words.noQueues) : queueTable(live.queues.items, now, queues.refresh);
  }

  function workerList(now) {
    const items = workersInOrder((live.workers?.items ?? []).filter(worker => worker.state !== 'gone'));
    return card(words.workers, link('workers', null, words.allWorkers),
      items.length === 0 ? empty(live.workers === null ? texts.loading : words.noWorkers) : h('div', { class: 'body' }, h('ul', { class: 'short' }, items.slice(0, 8).map(worker => h('li', { key: worker.id },
        h('span', { class: 'name' }, worker.name), workerState(worker.state),
        bar(worker.concurrency > 0 ? worker.running / worker.concurrency : 0, texts.workers.columns.slots, { colour: 'blue', kind: 'slots' }),
        h('span', { class: 'soft nowrap' }, texts.workers.slots(worker.running, worker.concurrency)),
        h('span', { class: `nowrap ${age(worker.lastBeatAt, now) > 15 && worker.state !== 'dead' ? 'red' : 'soft'}` }, ago(worker.lastBeatAt, now)))))));
  }

  function storage() {
    const known = store.value;
    if (known === undefined) return card(words.storage, null, store.problem ? h('div', { class: 'body' }, trouble(store.problem, store.refresh)) : empty(texts.loading));
    return card(words.storage, h('span', { class: 'soft' }, known.driver), h('div', { class: 'body' },
      known.problems.length === 0
        ? h('p', { class: 'state green' }, healthPill('idle')[1][0], h('span', null, words.storageFine))
        : known.problems.map(problem => h('div', { key: problem }, note('yellow', 'stuck', problem))),
      h('dl', { class: 'facts', style: { 'margin-top': '10px' } },
        h('dt', null, words.address), h('dd', { class: 'mono' }, known.address),
        (known.figures ?? []).map(figure => [h('dt', null, words.parts[figure.name] ?? figure.name), h('dd', null, bytes(figure.bytes))]),
        live.queues !== null && [h('dt', null, words.kept), h('dd', null, number(live.queues.items.reduce(kept, 0)))],
        h('dt', null, words.can), h('dd', null, known.capabilities.join(', ') || texts.none))));
  }

  function match(text) {
    change({ pattern: text.trim() });
  }

  function change(wanted) {
    const next = new URLSearchParams();
    const merged = { window, pattern, ...wanted };
    if (merged.window !== '15m') next.set('window', merged.window);
    if (merged.pattern !== '') next.set('pattern', merged.pattern);
    go(next.toString() === '' ? '' : `?${next}`, { replace: true });
  }
}

function kept(sum, queue) {
  return ['due', 'scheduled', 'waiting', 'running', 'pausedJobs', 'completed', 'failed', 'cancelled'].reduce((all, name) => all + (queue[name] ?? 0), sum);
}
