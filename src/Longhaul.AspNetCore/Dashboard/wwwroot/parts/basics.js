// Small pieces that every page uses.

import { address } from '../lib/api.js';
import { clock, moment, percent } from '../lib/format.js';
import { h } from '../lib/view.js';
import { texts } from '../texts.js';
import { icon } from './icons.js';

const colours = {
  waiting: 'gray', pending: 'yellow', scheduled: 'blue', retrying: 'yellow', running: 'green', stuck: 'red', paused: 'blue', completed: 'green',
  failed: 'red', cancelled: 'gray',
};
const workerLooks = { active: ['green', 'running'], quiet: ['blue', 'paused'], stopping: ['yellow', 'paused'], dead: ['red', 'failed'], gone: ['gray', 'cancelled'] };
const healthLooks = { processing: ['green', 'running'], idle: ['blue', 'completed'], stalled: ['red', 'stuck'], pending: ['yellow', 'pending'], unknown: ['gray', 'info'] };

/** A link to a page of the dashboard. */
export function link(path, props, ...children) {
  return h('a', { ...props, href: address(path) }, ...children);
}

/** The word that says most of a job's state. */
export function stateOf(job) {
  return job.derived ?? job.state;
}

export function stateColour(word) {
  return colours[word] ?? 'gray';
}

/** A state as shape and word. */
export function stateMark(word) {
  return h('span', { class: `state ${stateColour(word)}` }, icon(word), h('span', null, texts.states[word] ?? word));
}

/** The state of a job, with what was asked of it and has not happened yet. */
export function jobState(job) {
  return [
    stateMark(stateOf(job)),
    job.order && h('div', { class: 'under' }, job.notResponding ? texts.notResponding : texts.asked[job.order] ?? job.order),
    !job.order && job.waitsFor && h('div', { class: 'under' }, job.waitsFor),
  ];
}

/** The health of the whole as a coloured badge. */
export function healthPill(status) {
  const [colour, shape] = healthLooks[status] ?? healthLooks.unknown;
  return [`state pill ${colour}`, [icon(shape), h('span', null, texts.health[status] ?? status)]];
}

/** The state of a worker as shape and word. */
export function workerState(state) {
  const [colour, shape] = workerLooks[state] ?? ['gray', 'info'];
  return h('span', { class: `state ${colour}` }, icon(shape), h('span', null, texts.workers.states[state] ?? state));
}

/** Those that work first, those that died last. */
export function workersInOrder(workers) {
  const order = Object.keys(workerLooks);
  return [...workers].sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state) || a.name.localeCompare(b.name));
}

/** A bar. `fraction` null: it is not known how far, only that it runs. */
export function bar(fraction, label, { colour = '', big = false, kind = '' } = {}) {
  const known = fraction !== null && fraction !== undefined;
  const share = known ? Math.min(1, Math.max(0, fraction)) : 0;
  return h('div', {
    class: `bar ${colour} ${known ? '' : 'open'} ${big ? 'big' : ''} ${kind}`.trim().replace(/ +/g, ' '), role: 'progressbar', 'aria-label': label, 'aria-valuemin': 0, 'aria-valuemax': 100,
    'aria-valuenow': known ? Math.floor(share * 100) : undefined, 'aria-valuetext': known ? percent(share) : undefined,
  }, h('i', { style: known ? { width: `${share * 100}%` } : {} }));
}

/** The share of a job that is done; null: unknown. */
export function fractionOf(job) {
  const progress = job.progress;
  if (job.state === 'completed') return 1;
  if (progress === null || progress === undefined) return null;
  if (progress.fraction !== null && progress.fraction !== undefined) return progress.fraction;
  return progress.total > 0 && progress.done !== null && progress.done !== undefined ? progress.done / progress.total : null;
}

export function barColour(job) {
  if (job.notResponding || job.derived === 'stuck') return 'yellow';
  return { running: 'green', completed: 'green', failed: 'red', cancelled: 'gray' }[job.state] ?? 'blue';
}

/** What a job is called: its description, or its name. */
export function titleOf(job) {
  return job.description || job.name;
}

/** A time in words, with the exact one for those who want it. */
export function time(value, text, props) {
  return value === null || value === undefined ? h('span', props, texts.none) : h('time', { ...props, datetime: value, title: moment(value) }, text ?? clock(value));
}

export function card(title, actions, ...content) {
  return h('section', { class: 'card', 'aria-label': title },
    h('header', null, h('h2', null, title), actions && h('div', { class: 'actions' }, actions)), ...content);
}

export function empty(text) {
  return h('p', { class: 'empty' }, text);
}

export function note(colour, shape, ...content) {
  return h('div', { class: `note ${colour}` }, h('span', { class: colour }, icon(shape)), h('div', null, ...content));
}

/** What could not be read, and a way to try again. Figures of the whole are no trouble to those who see an owner's jobs only. */
export function trouble(problem, again) {
  if (problem.code === 'owner_forbidden') return null;
  const text = problem.status === 0 ? texts.problems.away : problem.status === 401 ? texts.problems.session : problem.message;
  return note('red', 'stuck', h('p', null, text), h('p', null, h('button', { class: 'link', onclick: again }, texts.refresh)));
}

/** A button with a menu of more. Closes when something is chosen, at Escape, and when the focus leaves it. */
export function menu(label, face, items) {
  const open = items.filter(item => item);
  if (open.length === 0) return null;
  const shut = event => event.currentTarget.closest('details').removeAttribute('open');
  return h('details', {
    class: 'menu',
    onkeydown: event => {
      if (event.key !== 'Escape' || !event.currentTarget.open) return;
      event.stopPropagation();
      event.currentTarget.open = false;
      event.currentTarget.firstElementChild.focus();
    },
    onfocusout: event => {
      if (event.relatedTarget !== null && !event.currentTarget.contains(event.relatedTarget)) event.currentTarget.open = false;
    },
  },
  h('summary', { class: face ? 'button' : 'button quiet small', 'aria-label': face ? undefined : label, title: face ? undefined : label }, face ?? icon('more')),
  h('div', { class: 'list' }, open.map(([text, run, danger]) => h('button', {
    type: 'button', class: danger ? 'danger' : '', onclick: event => {
      shut(event);
      run();
    },
  }, text))));
}

/** The heading of the column with the menus. */
export function actionsHeading() {
  return h('span', { class: 'hidden' }, texts.actionsColumn);
}

/** A table that becomes a list of cards on a phone. Columns: [key, title, class]; cells by the same keys. */
export function table(label, columns, rows, rowProps) {
  return h('div', { class: 'scroll' }, h('table', { class: 'stack', 'aria-label': label },
    h('thead', null, h('tr', null, columns.map(([key, title, kind]) => h('th', { scope: 'col', class: kind, key }, title)))),
    h('tbody', null, rows.map((row, index) => h('tr', { key: row.key, ...rowProps?.(row, index) },
      columns.map(([key, title, kind]) => h('td', { class: kind, key, 'data-label': typeof title === 'string' ? title : undefined }, row[key])))))));
}
