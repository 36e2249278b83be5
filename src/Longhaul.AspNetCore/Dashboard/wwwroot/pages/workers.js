// Who works, and who did what.

import { get, post } from '../lib/api.js';
import { age, ago, cut } from '../lib/format.js';
import { live } from '../lib/live.js';
import { reading } from '../lib/reading.js';
import { h } from '../lib/view.js';
import { may } from '../parts/actions.js';
import { actionsHeading, bar, card, empty, link, menu, note, table, time, trouble, workersInOrder, workerState } from '../parts/basics.js';
import { ask, reasonField, tell } from '../parts/dialogs.js';
import { texts } from '../texts.js';

const words = texts.workers;
export function workers({ redraw }) {
  const list = reading(async () => live.workers = await get('api/workers'), redraw);
  const audit = reading(() => get('api/audit', new URLSearchParams({ limit: '50' })), redraw);
  list.refresh();
  audit.every(15_000);

  return {
    view: now => [
      h('div', { class: 'head' }, h('h1', null, texts.pages.workers),
        may('admin') && h('div', { class: 'actions' }, h('button', { onclick: () => order('restart') }, words.restart))),
      list.problem && trouble(list.problem, list.refresh),
      !list.closed && h('section', { class: 'card', 'aria-label': texts.pages.workers }, live.workers === null ? empty(texts.loading) : live.workers.items.length === 0 ? empty(words.none) : workerTable(now)),
      !audit.closed && card(words.audit, null, auditList(now)),
      list.closed && note('blue', 'info', words.notYours),
    ],
    hear: kind => kind === 'poll' && list.refresh(),
    leave: () => {
      list.stop();
      audit.stop();
    },
  };

  function workerTable(now) {
    const columns = Object.entries(words.columns).concat([['actions', actionsHeading(), 'menus']]);
    return table(texts.pages.workers, columns, workersInOrder(live.workers.items).map(worker => {
      const lives = worker.state === 'active' || worker.state === 'quiet' || worker.state === 'stopping';
      const left = -age(worker.leaseEndsAt, now);
      return {
        key: worker.id,
        name: [h('span', { class: 'name', title: worker.id }, worker.name), h('div', { class: 'under' }, words.hostPid(worker.host, worker.processId))],
        state: workerState(worker.state),
        slots: lives ? [bar(worker.concurrency > 0 ? worker.running / worker.concurrency : 0, words.columns.slots, { colour: 'blue', kind: 'slots' }), h('div', { class: 'under' }, words.slots(worker.running, worker.concurrency))] : texts.none,
        queues: [h('div', null, worker.queues === null || worker.queues === undefined ? words.allQueues : worker.queues.join(', ')), h('div', { class: 'under', title: worker.names.join(', ') }, words.names(worker.names.length))],
        beat: time(worker.lastBeatAt, ago(worker.lastBeatAt, now), { class: lives && age(worker.lastBeatAt, now) > 15 ? 'red' : '' }),
        lease: lives ? left > 0 ? words.leaseLeft(Math.floor(left)) : h('span', { class: 'red' }, words.leaseOver) : texts.none,
        up: time(worker.startedAt, ago(worker.startedAt, now)),
        version: cut(worker.version ?? texts.none, 20),
        actions: lives && menu(words.actionsOf(worker.name), null, [
          may('operate') && worker.state === 'active' && [words.quiet, () => order('quiet', worker)],
          may('admin') && worker.state !== 'stopping' && [words.stop, () => order('stop', worker), true],
        ]),
      };
    }));
  }

  function auditList(now) {
    if (audit.value === undefined) return audit.problem ? h('div', { class: 'body' }, trouble(audit.problem, audit.refresh)) : empty(texts.loading);
    if (audit.value.items.length === 0) return empty(words.noAudit);
    return table(words.audit, Object.entries(words.auditColumns), audit.value.items.map((entry, index) => ({
      key: `${entry.at} ${index}`,
      at: time(entry.at, ago(entry.at, now)),
      by: entry.by ?? texts.none,
      action: entry.action,
      target: target(entry.target),
      reason: entry.reason ?? '',
      outcome: entry.outcome ?? '',
      from: entry.from ?? '',
    })));
  }

  async function order(action, worker) {
    const [title, text] = words.ask[action](worker?.name);
    const done = await ask({
      title, confirm: words[action].replace(' …', ''), danger: action !== 'quiet',
      body: [h('p', null, text), reasonField()],
      submit: async values => {
        const reason = values.reason?.trim() || undefined;
        const answer = await post(action === 'restart' ? 'api/workers/restart' : `api/workers/${worker.id}/${action}`, { reason });
        tell(action === 'restart' ? words.did.restart(answer.workers) : words.did[action](worker.name));
      },
    });
    if (done) {
      list.soon(300);
      audit.soon(300);
    }
  }
}

function target(text) {
  const job = /^(\d{1,16})(?: (?!jobs\b|workers\b).*)?$/.exec(text ?? '');
  return job === null ? text ?? '' : [link(`jobs/${job[1]}`, null, job[1]), text.slice(job[1].length)];
}
