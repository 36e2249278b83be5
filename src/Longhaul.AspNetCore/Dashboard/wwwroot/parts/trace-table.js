// Traces as a table: what was tried on which subject, how, in which order, and how it ended.

import { ago, cut, milliseconds } from '../lib/format.js';
import { h } from '../lib/view.js';
import { texts } from '../texts.js';
import { address } from '../lib/api.js';
import { link, table, time } from './basics.js';
import { icon } from './icons.js';

const words = texts.traces;

export function traceTable(traces, now, { withJob }) {
  const slowest = Math.max(1, ...traces.map(trace => trace.milliseconds ?? 0));
  const columns = ['at', 'subject', 'type', 'method', 'order', 'outcome', 'took', ...(withJob ? ['job'] : []), 'info'].map(key => [key, words.columns[key], { order: 'num', at: 'tight', job: 'tight', subject: 'subject', info: 'info', outcome: 'title' }[key]]);
  return table(texts.pages.traces, columns, traces.map(trace => ({
    key: trace.sequence,
    at: time(trace.at, ago(trace.at, now)),
    subject: h('a', { href: address('traces', new URLSearchParams({ subject: trace.subject })), 'data-row': true, title: trace.subject }, cut(trace.subject, 40)),
    type: trace.type,
    method: trace.method ?? texts.none,
    order: trace.order,
    outcome: [
      h('span', { class: `state ${trace.success ? 'green' : 'red'}` }, icon(trace.success ? 'completed' : 'failed'), h('span', null, trace.success ? words.worked : words.failedWord)),
      trace.reason && h('div', { class: 'under' }, cut(trace.reason, 300)),
    ],
    took: h('div', { class: 'took' }, h('span', { class: 'nowrap' }, milliseconds(trace.milliseconds)),
      h('span', { class: 'length', 'aria-hidden': 'true' }, h('i', { class: trace.success ? '' : 'bad', style: { width: `${(trace.milliseconds ?? 0) / slowest * 100}%` } }))),
    job: link(`jobs/${trace.job}`, null, trace.job),
    info: trace.resultInfo === null || trace.resultInfo === undefined ? '' : h('code', { class: 'soft' }, cut(JSON.stringify(trace.resultInfo), 160)),
  })));
}
