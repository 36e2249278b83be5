// What failed for good, by error: a group is retried, deleted or looked into as one.

import { get, post } from '../lib/api.js';
import { everything } from '../lib/filter.js';
import { ago, cut } from '../lib/format.js';
import { reading } from '../lib/reading.js';
import { h } from '../lib/view.js';
import { actOnMany, cloneJob, may, tellMany } from '../parts/actions.js';
import { empty, link, note, time, trouble } from '../parts/basics.js';
import { ask, reasonField, tellTrouble } from '../parts/dialogs.js';
import { icon } from '../parts/icons.js';
import { texts } from '../texts.js';

const words = texts.failed;

export function failed({ query, redraw, go }) {
  let wanted = query;
  let before = null;
  const list = reading(() => get('api/failed/groups', narrowed()), redraw);
  list.every(5_000); // the host keeps an answer that took it long, for about as long

  return {
    view: now => [
      h('div', { class: 'head' }, h('h1', null, texts.pages.failed),
        list.value && h('span', { class: 'soft' }, words.searched(list.value.searched, list.value.complete)),
        may('operate') && list.value?.groups.length > 0 && h('div', { class: 'actions' }, h('button', { onclick: retryAll }, icon('retrying'), words.retryAll))),
      h('form', { class: 'finder fields', role: 'search', 'aria-label': texts.pages.failed, onsubmit: submit, key: wanted.toString() },
        ['queue', 'name'].map(name => h('label', { class: 'field', key: name }, h('span', null, texts.jobs.fields[name]), h('input', { name, value: wanted.get(name) ?? '', maxlength: 128, autocomplete: 'off', spellcheck: 'false' }))),
        h('button', { class: 'primary', type: 'submit' }, texts.traces.apply)),
      list.problem && trouble(list.problem, list.refresh),
      list.closed ? note('blue', 'info', link('jobs?state=failed', null, words.own))
        : list.value === undefined ? !list.problem && h('section', { class: 'card' }, empty(texts.loading))
        : list.value.groups.length === 0 ? h('section', { class: 'card' }, empty(words.none))
        : h('ul', { 'aria-label': words.groups }, list.value.groups.map(group => row(group, now))),
    ],
    query: next => {
      wanted = next;
      list.refresh();
    },
    hear: (kind, data) => {
      if (kind !== 'status') return;
      if (before !== null && before !== data.jobs.failed) list.soon();
      before = data.jobs.failed;
    },
    leave: () => list.stop(),
  };

  function row(group, now) {
    return h('li', { class: 'card group', key: group.group },
      h('header', null,
        h('span', { class: 'state red' }, icon('failed')),
        h('h2', null, group.name),
        h('span', { class: 'count red' }, words.count(group.count)),
        h('span', { class: 'soft' }, words.last, ' ', time(group.last, ago(group.last, now)), ', ', words.first, ' ', time(group.first, ago(group.first, now))),
        h('div', { class: 'actions' },
          may('operate') && h('button', { onclick: () => retry(group) }, icon('retrying'), words.retry),
          may('admin') && h('button', { class: 'danger', onclick: () => act('delete', group) }, words.remove))),
      h('div', { class: 'body' },
        h('p', { class: 'mono red' }, group.type),
        h('p', { class: 'message', title: group.message }, cut(group.message, 600)),
        h('p', { class: 'soft newest' }, words.jobs, ': ', group.jobs.map(id => [link(`jobs/${id}`, { key: id, 'data-row': id === group.jobs[0] }, id), ' ']), '· ',
          link(`jobs?state=failed&name=${encodeURIComponent(group.name)}`, { key: 'all' }, words.show(group.name)),
          may('operate') && group.jobs.length > 0 && [' · ', h('button', { class: 'link', onclick: () => clone(group.jobs[0]) }, words.newest)])));
  }

  function narrowed() {
    const asked = new URLSearchParams();
    for (const name of ['queue', 'name']) if (wanted.get(name)) asked.set(name, wanted.get(name));
    return asked;
  }

  async function retry(group) {
    const [title, text] = words.askRetry(group.count, group.name);
    const done = await ask({
      title, confirm: texts.actions.retry.label,
      body: [h('p', { class: 'mono' }, `${group.type}: ${cut(group.message, 200)}`), h('p', null, text), reasonField()],
      submit: async values => tellMany(texts.actions.retry.past, await post('api/failed/retry', { group: group.group, ...Object.fromEntries(narrowed()), reason: values.reason?.trim() || undefined })),
    });
    if (done) list.soon(400);
  }

  async function act(action, group) {
    if (await actOnMany(action, { ...everything(), states: ['failed'], queue: wanted.get('queue') ?? '', name: wanted.get('name') ?? '' }, group.group)) list.soon(400);
  }

  async function retryAll() {
    if (await actOnMany('retry', { ...everything(), states: ['failed'], queue: wanted.get('queue') ?? '', name: wanted.get('name') ?? '' })) list.soon(400);
  }

  async function clone(id) {
    try {
      await cloneJob(await get(`api/jobs/${id}`));
    } catch (error) {
      tellTrouble(error);
    }
  }

  function submit(event) {
    event.preventDefault();
    const next = new URLSearchParams();
    for (const [name, value] of new FormData(event.target)) if (value.trim() !== '') next.set(name, value.trim());
    go(`failed${next.toString() === '' ? '' : `?${next}`}`);
  }
}
