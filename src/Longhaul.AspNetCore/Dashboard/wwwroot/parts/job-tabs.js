// What the page of a job shows below its progress: each tab reads its own when it is opened.

import { address, get, text as readText } from '../lib/api.js';
import { ago, bytes, clock, cut, moment } from '../lib/format.js';
import { layOut } from '../lib/json.js';
import { reading } from '../lib/reading.js';
import { h } from '../lib/view.js';
import { texts } from '../texts.js';
import { empty, jobState, link, table, time, titleOf, trouble } from './basics.js';
import { traceTable } from './trace-table.js';

const words = texts.job;
const mostLines = 2000;
const longest = 512 * 1024;

/** The log: the newest lines, and then what comes. */
export function logTab(id, redraw) {
  const lines = new Map();
  let level = 0;
  let follow = true;
  let box = null;
  let cutOff = false;
  const list = reading(async () => {
    const answer = await get(`api/jobs/${id}/logs`, new URLSearchParams({ last: '500', limit: '500' }));
    cutOff = answer.items.length >= 500;
    add(answer.items);
    return answer;
  }, redraw);
  list.refresh();

  return {
    view: () => {
      const shown = [...lines.values()].filter(line => line.level >= level).sort((a, b) => a.sequence - b.sequence);
      return [
        h('div', { class: 'tools pager' },
          h('label', null, words.logLevel, ' ', h('select', { value: String(level), onchange: event => { level = Number(event.target.value); redraw(); } }, words.levels.map((name, at) => h('option', { value: String(at), key: name }, name)))),
          h('label', null, h('input', { type: 'checkbox', checked: follow, onchange: event => { follow = event.target.checked; redraw(); } }), ' ', words.follow),
          cutOff && h('span', { class: 'soft' }, words.logCut)),
        list.problem && trouble(list.problem, list.refresh),
        shown.length === 0 ? empty(list.value === undefined ? texts.loading : words.noLog)
          : h('div', { class: 'log', role: 'log', 'aria-live': 'off', 'aria-label': words.logLabel, tabindex: 0, ref: node => box = node, onscroll: scrolled },
            shown.map(line => h('div', { key: line.sequence, class: line.level >= 4 ? 'bad' : line.level === 3 ? 'warn' : '' },
              time(line.at, clock(line.at), { class: 'soft' }), h('b', null, words.levels[line.level] ?? line.level), h('p', null, line.text)))),
      ];
    },
    drawn: () => {
      if (follow && box?.isConnected) box.scrollTop = box.scrollHeight;
    },
    hear: (kind, data) => {
      if (kind === 'log' && data.job === id) add(data.lines);
      if (kind === 'poll' || (kind === 'hello' && !data.resumed)) list.soon(300);
    },
    leave: () => list.stop(),
  };

  function add(items) {
    for (const line of items) lines.set(line.sequence, line);
    if (lines.size <= mostLines) return;
    cutOff = true;
    for (const key of [...lines.keys()].sort((a, b) => a - b).slice(0, lines.size - mostLines)) lines.delete(key);
  }

  function scrolled() {
    const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 30;
    if (atEnd === follow) return;
    follow = atEnd;
    redraw();
  }
}

export function tracesTab(id, redraw) {
  const more = new Map();
  const list = reading(async () => {
    const answer = await get(`api/jobs/${id}/traces`, new URLSearchParams({ limit: '500' }));
    for (const trace of answer.items) more.set(trace.sequence, trace);
    return answer;
  }, redraw);
  list.refresh();
  return {
    view: now => [
      list.problem && trouble(list.problem, list.refresh),
      more.size === 0 ? empty(list.value === undefined ? texts.loading : words.noTraces) : traceTable([...more.values()].sort((a, b) => a.sequence - b.sequence).slice(-500), now, { withJob: false }),
      list.value?.next && h('div', { class: 'pager' }, link(`traces?job=${id}`, null, texts.more)),
    ],
    hear: (kind, data) => {
      if (kind === 'poll') list.soon(300);
      if (kind === 'traces' && data.job === id) for (const trace of data.traces) more.set(trace.sequence, trace);
    },
    leave: () => list.stop(),
  };
}

export function itemsTab(id, redraw, job, act) {
  const list = reading(() => get(`api/jobs/${id}/items`, new URLSearchParams({ limit: '200' })), redraw);
  list.refresh();
  let count = job().itemFailures;
  return {
    view: now => [
      list.problem && trouble(list.problem, list.refresh),
      list.value === undefined ? empty(texts.loading) : list.value.items.length === 0 ? empty(words.noItems) : [
        h('div', { class: 'pager' }, h('span', null, words.itemsHint(Math.max(count, list.value.items.length))),
          (job().actions ?? []).includes('retry-items') && h('button', { class: 'primary', onclick: () => act('retry-items') }, texts.actions['retry-items'].ask)),
        table(words.tabs.items, Object.entries(words.itemColumns), list.value.items.map(item => ({
          key: `${item.loop} ${JSON.stringify(item.cursor)}`,
          item: [h('span', { class: 'name' }, item.label ?? cut(typeof item.cursor === 'string' ? item.cursor : JSON.stringify(item.cursor), 120)), h('div', { class: 'under' }, [item.loop, item.label ? cut(JSON.stringify(item.cursor), 80) : null].filter(part => part).join(' · '))],
          error: [h('span', { class: 'mono' }, item.error.type), h('div', null, cut(item.error.message, 400))],
          tries: item.tries,
          at: time(item.at, ago(item.at, now)),
        }))),
        list.value.next && h('p', { class: 'pager soft' }, words.itemsHint(count)),
      ],
    ],
    hear: (kind, data) => {
      if (kind === 'poll') list.soon(300);
      if (kind !== 'job' || data.id !== id || data.itemFailures === count) return;
      count = data.itemFailures;
      list.soon(500);
    },
    leave: () => list.stop(),
  };
}

export function checkpointTab(id, redraw) {
  let which = 'current';
  const list = reading(() => get(`api/jobs/${id}/checkpoints`), redraw);
  const body = reading(async () => layOut(await readText(`api/jobs/${id}/checkpoints/${which}`)), redraw);
  list.every(10_000);
  body.refresh();
  let savedAt = null;
  return {
    view: now => {
      const kept = list.value?.items ?? [];
      const current = list.value?.current?.savedAt;
      return h('div', { class: 'body' },
        kept.length > 0 && h('p', null, h('label', null, words.checkpointsKept, ' ', h('select', { value: which, onchange: event => { which = event.target.value; body.value = undefined; body.refresh(); } },
          h('option', { value: 'current' }, words.checkpointNow),
          kept.map(one => h('option', { value: String(one.id), key: one.id }, `${words.checkpointOf(one.run, one.phase)}, ${moment(one.at)}, ${bytes(one.bytes)}`))))),
        which === 'current' && current && h('p', { class: 'soft' }, time(current, ago(current, now))),
        body.problem ? body.problem.status === 404 ? empty(words.noCheckpoint) : trouble(body.problem, body.refresh) : json(body.value));
    },
    hear: (kind, data) => {
      if (kind !== 'job' || data.id !== id || data.checkpoint?.savedAt === savedAt || which !== 'current') return;
      savedAt = data.checkpoint?.savedAt;
      body.soon(2000);
    },
    leave: () => {
      list.stop();
      body.stop();
    },
  };
}

export function payloadTab(id, redraw, job) {
  const payload = reading(async () => layOut(await readText(`api/jobs/${id}/payload`)), redraw);
  const result = reading(async () => layOut(await readText(`api/jobs/${id}/result`)), redraw);
  payload.refresh();
  result.refresh();
  let state = job().state;
  return {
    view: () => h('div', { class: 'body' },
      h('h2', null, words.payload), h('p', { class: 'soft' }, words.masked, ' ', h('a', { href: address(`api/jobs/${id}/payload`), download: `job-${id}-payload.json` }, words.download)),
      payload.problem ? trouble(payload.problem, payload.refresh) : json(payload.value),
      h('h2', null, words.result),
      result.problem ? result.problem.status === 404 ? empty(words.noResult) : trouble(result.problem, result.refresh) : result.value === '' || result.value === 'null' ? empty(words.noResult) : json(result.value),
      job().policy && [h('h2', null, words.options), json(JSON.stringify(job().policy, null, 2))]),
    hear: (kind, data) => {
      if (kind !== 'job' || data.id !== id || data.state === state) return;
      state = data.state;
      result.soon(300);
    },
    leave: () => {
      payload.stop();
      result.stop();
    },
  };
}

export function childrenTab(id, redraw) {
  const list = reading(() => get(`api/jobs/${id}/children`, new URLSearchParams({ limit: '1000' })), redraw);
  list.every(5000);
  return {
    view: now => list.value === undefined ? list.problem ? trouble(list.problem, list.refresh) : empty(texts.loading)
      : list.value.items.length === 0 ? empty(words.noChildren)
      : table(words.tabs.children, ['job', 'state', 'queue', 'when'].map(key => [key, texts.jobs.columns[key]]), list.value.items.map(job => ({
        key: job.id,
        job: [link(`jobs/${job.id}`, { class: 'name', 'data-row': true }, titleOf(job)), h('div', { class: 'under' }, `${job.id} · ${job.name}`)],
        state: jobState(job), queue: job.queue, when: time(job.createdAt, ago(job.createdAt, now)),
      }))),
    hear: () => {},
    leave: () => list.stop(),
  };
}

function json(text) {
  if (text === undefined) return empty(texts.loading);
  if (text.length > longest) return h('p', null, words.tooLong(bytes(text.length)));
  return h('pre', { class: 'code', tabindex: 0 }, text);
}
