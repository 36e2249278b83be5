// The queues, how deep they are, and how long until they are empty.

import { post } from '../lib/api.js';
import { age, number, roughly } from '../lib/format.js';
import { h } from '../lib/view.js';
import { texts } from '../texts.js';
import { may } from './actions.js';
import { actionsHeading, link, menu, table } from './basics.js';
import { ask, reasonField, tell } from './dialogs.js';

// Depths as they were seen, to tell whether a queue drains: [time, due] for the last two minutes.
const seen = new Map();

/** Remembers how deep the queues are now. */
export function remember(queues, now) {
  for (const queue of queues) {
    const history = seen.get(queue.name) ?? [];
    if (history.length === 0 || now - history.at(-1)[0] >= 2000) history.push([now, queue.due]);
    while (history.length > 2 && now - history[0][0] > 120_000) history.shift();
    seen.set(queue.name, history);
  }
}

/** Seconds until a queue is empty at the pace of the last moments; null: not to be said; Infinity: it grows. */
export function drainOf(history, due) {
  if (due === 0 || history === undefined || history.length < 2) return null;
  const seconds = (history.at(-1)[0] - history[0][0]) / 1000;
  const pace = (history[0][1] - due) / seconds;
  return seconds < 5 || pace === 0 ? null : pace < 0 ? Infinity : due / pace;
}

export function queueTable(queues, now, changed) {
  const words = texts.queue;
  const columns = [
    ['name', words.columns.name], ['due', words.columns.due, 'num'], ['scheduled', words.columns.scheduled, 'num'], ['running', words.columns.running, 'num'],
    ['failed', words.columns.failed, 'num'], ['completed', words.columns.completed, 'num'], ['oldest', words.columns.oldest, 'num'], ['drain', words.columns.drain, 'num'], ['actions', actionsHeading(), 'menus'],
  ];
  return table(texts.overview.queues, columns, queues.map(queue => {
    const drain = drainOf(seen.get(queue.name), queue.due);
    const of = (count, query) => (count > 0 ? link(`jobs?queue=${encodeURIComponent(queue.name)}&${query}`, null, number(count)) : h('span', { class: 'soft zero' }, '0'));
    return {
      key: queue.name,
      name: [
        link(`jobs?queue=${encodeURIComponent(queue.name)}`, { class: 'name', 'data-row': true }, queue.name),
        queue.paused && [' ', h('span', { class: 'tag' }, words.paused)],
        h('div', { class: 'under' }, [queue.waiting > 0 && words.waiting(queue.waiting), queue.pausedJobs > 0 && words.pausedJobs(queue.pausedJobs)].filter(part => part).join(', ')),
      ],
      due: of(queue.due, 'state=pending'),
      scheduled: of(queue.scheduled, 'derived=scheduled'),
      running: of(queue.running, 'state=running'),
      failed: queue.failed > 0 ? link(`failed?queue=${encodeURIComponent(queue.name)}`, { class: 'red' }, number(queue.failed)) : h('span', { class: 'soft zero' }, '0'),
      completed: of(queue.completed, 'state=completed'),
      oldest: queue.oldestDue ? roughly(age(queue.oldestDue, now)) : h('span', { class: 'soft zero' }, texts.none),
      drain: drain === null ? h('span', { class: 'soft zero' }, texts.none) : drain === Infinity ? h('span', { class: 'yellow' }, words.growing) : words.drain(drain),
      actions: menu(words.actionsOf(queue.name), null, [
        may('operate') && !queue.paused && [words.pauseAsk, () => act(queue, 'pause', changed)],
        may('operate') && queue.paused && [words.resumeAsk, () => act(queue, 'resume', changed)],
        may('admin') && [words.clear, () => act(queue, 'clear', changed), true],
      ]),
    };
  }));
}

async function act(queue, action, changed) {
  const words = texts.queue;
  const [title, text] = words.ask[action](queue.name, queue.due + queue.scheduled);
  const done = await ask({
    title, confirm: words[action].replace(' …', ''), danger: action === 'clear',
    body: [h('p', null, text), reasonField()],
    submit: async values => {
      const answer = await post(`api/queues/${encodeURIComponent(queue.name)}/${action}`, { reason: values.reason?.trim() || undefined });
      tell(words.did[action](queue.name, answer?.deleted));
    },
  });
  if (done) changed();
}
