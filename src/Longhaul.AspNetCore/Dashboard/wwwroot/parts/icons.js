// Small drawings on a grid of 16. Each state has a shape of its own, so that colour is never the only sign.

import { h } from '../lib/view.js';

const shapes = {
  running: ['M5 3.5v9l7.5-4.5z', 'fill'],
  pending: ['M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11z'],
  waiting: ['M4.5 2.5h7M4.5 13.5h7M5 2.5c0 3 3 4 3 5.5s-3 2.5-3 5.5M11 2.5c0 3-3 4-3 5.5s3 2.5 3 5.5'],
  scheduled: ['M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM8 5v3.2l2.2 1.5'],
  retrying: ['M13 8a5 5 0 1 1-1.7-3.750M13.2 2v3h-3'],
  paused: ['M5.5 3.5v9M10.5 3.5v9'],
  completed: ['M3 8.5l3.3 3.3L13 5'],
  failed: ['M4 4l8 8M12 4l-8 8'],
  cancelled: ['M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM4.2 4.2l7.6 7.6'],
  stuck: ['M8 2.2l6 11H2zM8 6.5v3M8 11.4v.1'],
  lost: ['M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM8 5v3.8M8 10.9v.1'],
  handedBack: ['M6 4L2.5 7.5 6 11M2.8 7.5h6.7a3.5 3.5 0 0 1 3.5 3.5v1.5'],
  person: ['M8 8.5a2.7 2.7 0 1 0 0-5.4 2.7 2.7 0 0 0 0 5.4zM3 13.5c.6-2.3 2.6-3.3 5-3.3s4.4 1 5 3.3'],
  info: ['M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM8 7.3v3.5M8 5.2v.1'],
  close: ['M4 4l8 8M12 4l-8 8'],
  sun: ['M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6zM8 1.5v1M8 13.5v1M1.5 8h1M13.5 8h1M3.4 3.4l.7.7M11.9 11.9l.7.7M3.4 12.6l.7-.7M11.9 4.1l.7-.7'],
  moon: ['M13 9.5A5.5 5.5 0 0 1 6.5 3a5.5 5.5 0 1 0 6.5 6.5z'],
  auto: ['M8 2.5a5.5 5.5 0 1 0 0 11zM8 2.5a5.5 5.5 0 0 1 0 11', 'half'],
  more: ['M3.5 8h.1M8 8h.1M12.5 8h.1', 'dots'],
  live: ['M8 6.5a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3zM4.8 4.8a4.5 4.5 0 0 0 0 6.4M11.2 4.8a4.5 4.5 0 0 1 0 6.4M2.7 2.7a7.5 7.5 0 0 0 0 10.6M13.3 2.7a7.5 7.5 0 0 1 0 10.6'],
  out: ['M9.5 3H3.5v10h6M7 8h6.5M11 5.5L13.5 8 11 10.5'],
  down: ['M4 6l4 4 4-4'],
  right: ['M6 4l4 4-4 4'],
};

/** A drawing; it says nothing to a screen reader, the word beside it does. */
export function icon(name, size = 16) {
  const [path, kind] = shapes[name] ?? shapes.info;
  return h('svg', { class: 'icon', viewBox: '0 0 16 16', width: size, height: size, 'aria-hidden': 'true', focusable: 'false' },
    kind === 'half' && h('path', { d: 'M8 2.5a5.5 5.5 0 0 1 0 11z', fill: 'currentColor' }),
    h('path', {
      d: path, fill: kind === 'fill' ? 'currentColor' : 'none', stroke: 'currentColor', 'stroke-width': kind === 'dots' ? 2.4 : 1.6,
      'stroke-linecap': 'round', 'stroke-linejoin': 'round',
    }));
}
