// Traces over all jobs.

import { get } from '../lib/api.js';
import { reading } from '../lib/reading.js';
import { h } from '../lib/view.js';
import { empty, trouble } from '../parts/basics.js';
import { traceTable } from '../parts/trace-table.js';
import { texts } from '../texts.js';

const names = ['subject', 'type', 'method', 'job'];
const known = [...names, 'success', 'after'];
const words = texts.traces;

export function traces({ query, redraw, go }) {
  let wanted = query;
  const list = reading(() => {
    const asked = new URLSearchParams({ limit: '100' });
    for (const name of known) if (wanted.get(name)) asked.set(name, wanted.get(name));
    return get('api/traces', asked);
  }, redraw);
  list.refresh();

  return {
    view: now => [
      h('div', { class: 'head' }, h('h1', null, texts.pages.traces)),
      h('form', { class: 'finder fields', role: 'search', 'aria-label': texts.pages.traces, onsubmit: submit, key: wanted.toString() },
        names.map(name => h('label', { class: 'field', key: name }, h('span', null, words.fields[name]), h('input', { name, value: wanted.get(name) ?? '', maxlength: 200, autocomplete: 'off', spellcheck: 'false' }))),
        h('label', { class: 'field' }, h('span', null, words.success), h('select', { name: 'success', value: wanted.get('success') ?? '' },
          h('option', { value: '' }, words.anyOutcome), h('option', { value: 'true' }, words.worked), h('option', { value: 'false' }, words.failedWord))),
        h('button', { class: 'primary', type: 'submit' }, words.apply)),
      list.problem && trouble(list.problem, list.refresh),
      h('section', { class: 'card', 'aria-label': texts.pages.traces }, rows(now)),
    ],
    query: next => {
      wanted = next;
      list.value = undefined;
      list.refresh();
    },
    leave: list.stop,
  };

  function rows(now) {
    if (list.value === undefined) return list.problem ? null : empty(texts.loading);
    const { items, next } = list.value;
    return [
      items.length === 0 ? empty(words.none) : traceTable(items, now, { withJob: true }),
      (next || wanted.has('after')) && h('div', { class: 'pager' },
        wanted.has('after') && h('button', { onclick: () => page(null) }, texts.jobs.first),
        next && h('button', { onclick: () => page(next) }, items.length === 0 ? texts.jobs.searchOn : texts.jobs.next),
        h('span', { class: 'soft' }, words.count(items.length))),
    ];
  }

  function submit(event) {
    event.preventDefault();
    const next = new URLSearchParams();
    for (const [name, value] of new FormData(event.target)) if (value.trim() !== '') next.set(name, value.trim());
    go(`traces${next.toString() === '' ? '' : `?${next}`}`);
  }

  function page(cursor) {
    const next = new URLSearchParams(wanted);
    if (cursor === null) next.delete('after');
    else next.set('after', cursor);
    go(`traces?${next}`);
  }
}
