// A job's life as bars over time: what waited, what ran, how each run ended, and where people stepped in.

import { clock, duration, moment } from '../lib/format.js';
import { h } from '../lib/view.js';
import { texts } from '../texts.js';
import { icon } from './icons.js';

const looks = {
  completed: ['green', 'completed'], running: ['green', 'running'], retried: ['yellow', 'retrying'], failed: ['red', 'failed'], cancelled: ['gray', 'cancelled'], handedBack: ['blue', 'handedBack'],
  paused: ['blue', 'paused'], lost: ['red', 'lost'], asked: ['gray', 'person'], created: ['gray', 'pending'],
};
const widths = new Map();

export const lookOf = kind => looks[kind] ?? ['gray', 'info'];

/** The drawing. The list below it says the same in words, so it is a picture to screen readers. */
export function timeline({ job, spans, history, now, redraw }) {
  const width = widths.get('job') ?? 700;
  const runs = spans.filter(span => span.kind !== 'waits');
  const from = Date.parse(job.createdAt);
  const to = Math.max(from + 1000, job.finishedAt ? Date.parse(job.finishedAt) : now);
  const left = 74;
  const x = at => left + Math.min(1, Math.max(0, (at - from) / (to - from))) * (width - left - 10);
  // Many runs share the rows: a hundred rows would be no overview.
  const rowOf = index => (runs.length <= 8 ? index : index % 8);
  const rows = Math.max(1, Math.min(8, runs.length));
  const rowHeight = 20;
  const bottom = 20 + rows * rowHeight;
  const asked = history.filter(entry => entry.kind === 'asked' || entry.by);

  return h('div', { class: 'timeline' }, h('svg', {
    viewBox: `0 0 ${width} ${bottom + 18}`, height: bottom + 18, role: 'img', 'aria-label': `${texts.job.timelineLabel}: ${runs.length}`, ref: node => watch(node, redraw),
  },
  asked.length > 0 && h('line', { x1: left, x2: width - 10, y1: 14, y2: 14, class: 'grid' }),
  asked.map((entry, index) => h('g', { key: `asked ${index}` },
    h('line', { x1: x(Date.parse(entry.at)), x2: x(Date.parse(entry.at)), y1: 6, y2: bottom, class: 'line-gray', 'stroke-dasharray': '2 3' }),
    h('circle', { cx: x(Date.parse(entry.at)), cy: 8, r: 4, class: 'area-gray' }, h('title', null, `${entry.reason ?? ''} ${entry.by ?? ''} ${moment(entry.at)}`)))),
  runs.length <= 8 && spans.map((span, index) => span.kind === 'waits' && h('line', {
    key: `waits ${index}`, x1: x(span.from), x2: x(span.to), y1: rowY(nextRun(index)), y2: rowY(nextRun(index)), class: 'line-gray', 'stroke-width': 2, 'stroke-dasharray': '1 4', 'stroke-linecap': 'round',
  }, h('title', null, `${texts.job.waitingBar} ${duration((span.to - span.from) / 1000)}`))),
  runs.map((span, index) => {
    const [colour] = lookOf(span.kind);
    const [begin, end] = [x(span.from), Math.max(x(span.from) + 3, x(span.to))];
    const y = 20 + rowOf(index) * rowHeight;
    return h('g', { key: `run ${index}` },
      runs.length <= 8 && h('text', { x: 0, y: y + 12, class: 'label' }, texts.job.runLabel(span.run ?? index + 1)),
      h('rect', { x: begin, y: y + 2, width: end - begin, height: 12, rx: 3, class: `area-${colour}` },
        h('title', null, `${texts.job.kinds[span.kind] ?? span.kind}: ${texts.job.runOn(span.run, span.worker)}, ${duration((span.to - span.from) / 1000)}`)),
      endMark(span, end, y + 8));
  }),
  h('text', { x: left, y: bottom + 14 }, clock(from)),
  h('text', { x: width - 10, y: bottom + 14, 'text-anchor': 'end' }, clock(to))));

  function rowY(index) {
    return 20 + rowOf(Math.min(Math.max(0, index), Math.max(0, runs.length - 1))) * rowHeight + 8;
  }

  function nextRun(index) {
    return spans.slice(0, index).filter(span => span.kind !== 'waits').length;
  }
}

// How a run ended, as a shape: colours alone do not tell everybody.
function endMark(span, x, y) {
  if (span.kind === 'running' || span.kind === 'completed') return null;
  const mark = icon(lookOf(span.kind)[1], 12);
  return h('g', { transform: `translate(${x + 3} ${y - 6})`, class: lookOf(span.kind)[0] }, { ...mark, props: { ...mark.props, width: 12, height: 12 } });
}

function watch(node, redraw) {
  new ResizeObserver(([entry]) => {
    const width = Math.round(entry.contentRect.width);
    if (width === 0 || widths.get('job') === width) return;
    widths.set('job', width);
    redraw();
  }).observe(node);
}
