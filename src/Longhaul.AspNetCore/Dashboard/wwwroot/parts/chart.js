// Lines and bars over time, drawn here: no library, nothing to load.

import { clock } from '../lib/format.js';
import { h } from '../lib/view.js';
import { texts } from '../texts.js';

const height = 150;
const room = { left: 46, right: 8, top: 8, bottom: 20 };
const widths = new Map();
const looks = new Map();

/**
 * A chart. `series`: [{ label, colour, bars, value: point => number or null, dash }]; bars are stacked.
 * `format` makes words of a value, `side` of one at the side. `latest` says what to show while nobody points at a time.
 */
export function chart({ key, title, points, from, to, step, series, format, side = format, redraw }) {
  const width = widths.get(key) ?? 420;
  const plot = { width: Math.max(60, width - room.left - room.right), height: height - room.top - room.bottom };
  const x = at => room.left + (at - from) / Math.max(1, to - from) * plot.width;
  const tallest = Math.max(0, ...points.map(point => {
    const stacked = series.filter(one => one.bars).reduce((sum, one) => sum + (one.value(point) ?? 0), 0);
    return Math.max(stacked, ...series.filter(one => !one.bars).map(one => one.value(point) ?? 0));
  }));
  const top = niceTop(tallest);
  const y = value => room.top + plot.height - value / top * plot.height;
  const chosen = Math.min(looks.get(key) ?? -1, points.length - 1);
  const shown = chosen >= 0 ? points[chosen] : points.at(-1);
  const barWidth = Math.max(1, plot.width / Math.max(1, (to - from) / (step * 1000)) - 1);
  const legend = series.map(one => [one, chosen >= 0 ? one.value(shown) : points.map(one.value).findLast(value => value !== null && value !== undefined) ?? null]);
  const summary = points.length === 0 ? texts.chart.noData : texts.chart.summary(title, legend.map(([one, value]) => `${one.label} ${value === null || value === undefined ? texts.none : format(value)}`));

  return h('figure', { class: 'chart', key },
    h('svg', {
      viewBox: `0 0 ${width} ${height}`, role: 'img', tabindex: 0, 'aria-label': `${summary}. ${texts.chart.keys}`, ref: node => watch(node, key, redraw),
      onpointermove: event => look(nearest(event.offsetX)), onpointerleave: () => look(-1), onblur: () => look(-1),
      onkeydown: event => {
        const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
        if (step === undefined || points.length === 0) return;
        event.preventDefault();
        look(Math.min(points.length - 1, Math.max(0, (chosen < 0 ? points.length - 1 : chosen) + step)));
      },
    },
    [0, 0.5, 1].map(share => [
      h('line', { key: `line ${share}`, class: 'grid', x1: room.left, x2: width - room.right, y1: y(top * share), y2: y(top * share) }),
      h('text', { key: `text ${share}`, class: 'axis', x: room.left - 6, y: y(top * share) + 4, 'text-anchor': 'end' }, side(top * share)),
    ]),
    [0, 0.5, 1].map(share => h('text', {
      key: `time ${share}`, class: 'axis', x: room.left + plot.width * share, y: height - 4, 'text-anchor': ['start', 'middle', 'end'][share * 2],
    }, clock(from + (to - from) * share).slice(0, 5))),
    stacks(points, series.filter(one => one.bars), x, y, barWidth),
    series.filter(one => !one.bars).map(one => h('path', { key: one.label, class: `line-${one.colour}`, d: lines(points, one, x, y, step), fill: 'none', 'stroke-width': 1.7, 'stroke-dasharray': one.dash, 'stroke-linejoin': 'round', 'stroke-linecap': 'round' })),
    chosen >= 0 && shown && h('line', { class: 'cross', x1: x(Date.parse(shown.at)), x2: x(Date.parse(shown.at)), y1: room.top, y2: room.top + plot.height })),
    h('figcaption', { class: 'legend', 'aria-hidden': 'true' },
      points.length === 0 ? texts.chart.noData : [
        legend.map(([one, value]) => h('span', { key: one.label },
          h('svg', { viewBox: '0 0 14 10' }, one.bars
            ? h('rect', { class: `area-${one.colour}`, x: 2, y: 0, width: 10, height: 10, rx: 2 })
            : h('line', { class: `line-${one.colour}`, x1: 0, x2: 14, y1: 5, y2: 5, 'stroke-width': 2.5, 'stroke-dasharray': one.dash })),
          `${one.label} ${value === null || value === undefined ? texts.none : format(value)}`)),
        h('span', { key: ' at' }, chosen >= 0 ? texts.chart.at(clock(shown.at)) : texts.chart.latest)]));

  function look(index) {
    if ((looks.get(key) ?? -1) === index) return;
    looks.set(key, index);
    redraw();
  }

  function nearest(at) {
    let best = -1;
    for (let index = 0; index < points.length; index++) {
      if (best < 0 || Math.abs(x(Date.parse(points[index].at)) - at) < Math.abs(x(Date.parse(points[best].at)) - at)) best = index;
    }
    return best;
  }
}

/** The next of 1, 2, 5, 10, 20 … that is not below a value. */
export function niceTop(value) {
  if (!(value > 0)) return 1;
  const size = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].find(times => times * size >= value * 0.999) * size;
}

function stacks(points, series, x, y, width) {
  return points.map(point => {
    let base = 0;
    return series.map(one => {
      const value = one.value(point) ?? 0;
      if (value === 0) return null;
      const from = y(base);
      base += value;
      return h('rect', { key: `${point.at} ${one.label}`, class: `area-${one.colour}`, x: round(x(Date.parse(point.at)) - width), y: round(y(base)), width: round(width), height: round(Math.max(0.5, from - y(base))) });
    });
  });
}

// A hole in the figures is a hole in the line.
function lines(points, one, x, y, step) {
  let path = '';
  let before = null;
  for (const point of points) {
    const value = one.value(point);
    if (value === null || value === undefined) {
      before = null;
      continue;
    }
    const at = Date.parse(point.at);
    const joined = before !== null && at - before <= step * 2500;
    path += `${joined ? 'L' : 'M'}${round(x(at))} ${round(y(value))}${joined ? '' : 'h.01'}`;
    before = at;
  }
  return path;
}

function round(value) {
  return Math.round(value * 10) / 10;
}

function watch(node, key, redraw) {
  new ResizeObserver(([entry]) => {
    const width = Math.round(entry.contentRect.width);
    if (width === 0 || widths.get(key) === width) return;
    widths.set(key, width);
    redraw();
  }).observe(node);
}
