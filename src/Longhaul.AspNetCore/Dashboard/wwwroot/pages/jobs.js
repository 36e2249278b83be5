// Jobs: found by filters that stand in the address, kept current in place, acted on one by one or all that match.

import { get } from '../lib/api.js';
import { toCsv } from '../lib/csv.js';
import { derivedStates, everything, fields, fromQuery, fromSearch, isEverything, states, toQuery, toSearch } from '../lib/filter.js';
import { ago, percent } from '../lib/format.js';
import { reading } from '../lib/reading.js';
import { h } from '../lib/view.js';
import { actOn, actOnMany, actionsOf, may } from '../parts/actions.js';
import { actionsHeading, bar, barColour, empty, fractionOf, jobState, link, menu, table, time, titleOf, trouble } from '../parts/basics.js';
import { tell, tellTrouble } from '../parts/dialogs.js';
import { icon } from '../parts/icons.js';
import { texts } from '../texts.js';

const pageSize = 50;
const mostExported = 20_000;
const words = texts.jobs;

export function jobs({ query, redraw, go }) {
  let filter = fromQuery(query);
  let after = query.get('after') ?? '';
  let open = isDetailed(filter);
  let exporting = null;
  const chosen = new Set();
  const fresh = new Set();
  const list = reading(async () => {
    const answer = await get('api/jobs', apiQuery(filter, after));
    fresh.clear();
    return answer;
  }, redraw);
  list.refresh();

  return {
    view: now => [
      h('div', { class: 'head' }, h('h1', null, texts.pages.jobs),
        h('div', { class: 'actions' },
          may('operate') && list.value?.items.length > 0 && menu(words.matching, [words.matching, icon('down', 12)], many().map(action => [texts.actions[action].ask, () => actAll(action, filter), texts.actions[action].danger])),
          exporting === null
          ? menu(words.export, [words.export, icon('down', 12)], [[words.exportCsv, () => save('csv')], [words.exportJson, () => save('json')]])
          : h('span', { class: 'soft', role: 'status' }, words.exporting(exporting)))),
      filters(),
      list.problem && trouble(list.problem, list.refresh),
      h('section', { class: 'card', 'aria-label': texts.pages.jobs, 'aria-busy': list.value === undefined ? 'true' : undefined }, rows(now), pager()),
      bulk(),
    ],
    query: next => {
      filter = fromQuery(next);
      after = next.get('after') ?? '';
      open = open || isDetailed(filter);
      chosen.clear();
      list.value = undefined;
      list.refresh();
    },
    hear: (kind, data) => {
      const items = list.value?.items;
      if (kind === 'poll') list.refresh();
      if (items === undefined) return;
      const at = kind === 'job' || kind === 'gone' ? items.findIndex(job => job.id === data.id) : -1;
      if (kind === 'job' && at >= 0) items[at] = { ...data, actions: undefined };
      else if (kind === 'gone' && at >= 0) items.splice(at, 1);
      else if (kind === 'job' && after === '' && !filter.oldestFirst && mayMatch(filter, data) && data.id > (items[0]?.id ?? 0)) fresh.add(data.id);
    },
    leave: list.stop,
  };

  function filters() {
    const counted = words.fields;
    const input = field => h('label', { class: 'field', key: field }, h('span', null, counted[field]), h('input', {
      name: field, value: isTime(field) ? localTime(filter[field]) : filter[field], maxlength: 200, type: isTime(field) ? 'datetime-local' : 'text', autocomplete: 'off', spellcheck: 'false',
      onchange: event => apply({ ...filter, [field]: isTime(field) ? worldTime(event.target.value) : event.target.value.trim() }),
    }));
    return h('section', { class: 'filters', 'aria-label': words.filters },
      h('div', { class: 'chips', role: 'group', 'aria-label': words.stateFilter },
        chip(words.all, filter.states.length === 0 && filter.derived === '', () => apply({ ...filter, states: [], derived: '' })),
        states.map(state => chip([icon(state, 14), texts.states[state]], filter.states.includes(state), () => apply({ ...filter, states: toggled(filter.states, state) }), state)),
        derivedStates.map(state => chip([icon(state, 14), texts.states[state]], filter.derived === state, () => apply({ ...filter, derived: filter.derived === state ? '' : state }), state))),
      h('form', { class: 'finder', onsubmit: event => event.preventDefault() },
        h('input', { type: 'search', 'aria-label': texts.search, placeholder: texts.searchHint, value: toSearch({ ...filter, states: [], derived: '' }), autocomplete: 'off', spellcheck: 'false', onchange: event => typed(event.target.value) }),
        h('button', { type: 'button', 'aria-expanded': open ? 'true' : 'false', onclick: () => { open = !open; redraw(); } }, words.details, icon(open ? 'down' : 'right', 12)),
        !isEverything(filter) && h('button', { type: 'button', class: 'quiet', onclick: () => apply({ ...everything(), oldestFirst: filter.oldestFirst }) }, words.clear),
        h('label', { class: 'order' }, h('span', { class: 'hidden' }, words.order), h('select', { value: filter.oldestFirst ? 'oldest' : 'newest', onchange: event => apply({ ...filter, oldestFirst: event.target.value === 'oldest' }) },
          h('option', { value: 'newest' }, words.newest), h('option', { value: 'oldest' }, words.oldest)))),
      open && h('div', { class: 'fields' }, ['queue', 'name', 'tag', 'owner', 'text', 'from', 'before'].map(input)));
  }

  function chip(face, pressed, onclick, state) {
    return h('button', { class: 'chip', 'aria-pressed': pressed ? 'true' : 'false', onclick, key: state ?? ' all', type: 'button' }, face);
  }

  function rows(now) {
    const items = list.value?.items;
    if (items === undefined) return list.problem ? null : empty(texts.loading);
    if (items.length === 0) return list.value.next ? null : empty(isEverything(filter) ? words.noneAtAll : words.none);
    const canAct = may('operate');
    const box = (label, checked, onchange) => h('input', { type: 'checkbox', 'aria-label': label, checked, onchange });
    const columns = [
      ...(canAct ? [['chosen', box(words.chooseAll, items.every(job => chosen.has(job.id)), event => chooseAll(items, event.target.checked))]] : []),
      ...['job', 'state', 'queue', 'progress', 'when', 'attempt', 'worker'].map(key => [key, words.columns[key], { job: 'title', when: 'tight', attempt: 'tight', queue: 'short-text', worker: 'short-text' }[key]]),
      ['actions', actionsHeading(), 'menus'],
    ];
    return [
      fresh.size > 0 && h('div', { class: 'pager fresh' }, h('button', { class: 'link', onclick: () => list.refresh() }, words.fresh(fresh.size))),
      table(texts.pages.jobs, columns, items.map(job => ({
        key: job.id,
        chosen: box(words.choose(job.id), chosen.has(job.id), () => choose(job.id)),
        job: [
          link(`jobs/${job.id}`, { class: 'name', 'data-row': true }, titleOf(job)),
          h('div', { class: 'under' }, `${[job.id, job.description ? job.name : null, job.owner].filter(part => part).join(' · ')} `, (job.tags ?? []).map(tag => [h('button', { class: 'tag', key: tag, onclick: () => apply({ ...filter, tag }) }, tag), ' '])),
          job.error && h('div', { class: 'under oneline red', title: job.error.message }, job.error.message),
        ],
        state: jobState(job),
        queue: h('button', { class: 'link', onclick: () => apply({ ...filter, queue: job.queue }) }, job.queue),
        progress: progressOf(job),
        when: whenOf(job, now),
        attempt: words.attempt(job.attempt, job.maxAttempts),
        worker: job.worker ?? '',
        actions: menu(`${texts.more}: ${job.id}`, null, actionsOf(job).map(action => [texts.actions[action].ask, () => act(job, action), texts.actions[action].danger])),
      })), row => ({ class: chosen.has(row.key) ? 'chosen' : undefined })),
    ];
  }

  function pager() {
    if (list.value === undefined) return null;
    const { next, searchedTo, items } = list.value;
    if (!next && after === '' && !searchedTo) return null;
    return h('nav', { class: 'pager', 'aria-label': words.next },
      after !== '' && h('button', { onclick: () => page('') }, words.first),
      next && h('button', { onclick: () => page(next) }, searchedTo && items.length < pageSize ? words.searchOn : words.next),
      searchedTo && h('span', { class: 'soft' }, words.searchedTo(searchedTo)));
  }

  function bulk() {
    if (!may('operate') || chosen.size === 0) return null;
    const target = { ...everything(), ids: [...chosen].map(String) };
    return h('div', { class: 'bulk', role: 'group', 'aria-label': words.chosen(chosen.size) },
      h('strong', null, words.chosen(chosen.size)),
      many().map(action => h('button', { class: `small ${texts.actions[action].danger ? 'danger' : ''}`, key: action, onclick: () => actAll(action, target) }, texts.actions[action].ask)),
      h('button', { class: 'quiet small', onclick: () => { chosen.clear(); redraw(); } }, words.unchoose));
  }

  function many() {
    return ['retry', 'cancel', 'pause', 'resume', 'release', 'restart', ...(may('admin') ? ['delete'] : [])];
  }

  async function act(job, action) {
    if (await actOn(job, action)) list.soon(300);
  }

  async function actAll(action, target) {
    if (!await actOnMany(action, target)) return;
    chosen.clear();
    list.soon(300);
  }

  function choose(id) {
    if (!chosen.delete(id)) chosen.add(id);
    redraw();
  }

  function chooseAll(items, all) {
    for (const job of items) {
      if (all) chosen.add(job.id);
      else chosen.delete(job.id);
    }
    redraw();
  }

  function typed(text) {
    const next = fromSearch(text);
    apply({ ...next, states: next.states.length > 0 ? next.states : filter.states, derived: next.derived || filter.derived, oldestFirst: filter.oldestFirst });
  }

  function apply(next) {
    const text = toQuery(next);
    go(`jobs${text === '' ? '' : `?${text}`}`);
  }

  function page(cursor) {
    const next = new URLSearchParams(toQuery(filter));
    if (cursor !== '') next.set('after', cursor);
    go(`jobs${next.toString() === '' ? '' : `?${next}`}`);
    scrollTo(0, 0);
  }

  async function save(kind) {
    const found = [];
    let cursor = '';
    exporting = 0;
    try {
      do {
        const answer = await get('api/jobs', apiQuery(filter, cursor, 1000));
        found.push(...answer.items);
        cursor = answer.next ?? '';
        exporting = found.length;
        redraw();
      } while (cursor !== '' && found.length < mostExported);
      const content = kind === 'csv' ? toCsv(found) : JSON.stringify(found, null, 1);
      download(`jobs.${kind}`, kind === 'csv' ? 'text/csv' : 'application/json', content);
      tell(words.exported(found.length, cursor !== ''));
    } catch (error) {
      tellTrouble(error);
    }
    exporting = null;
    redraw();
  }
}

/** The query of the API for a page of a filter. */
export function apiQuery(filter, after, limit = pageSize) {
  const query = new URLSearchParams(toQuery(filter));
  query.set('limit', String(limit));
  if (after !== '') query.set('after', after);
  return query;
}

function isDetailed(filter) {
  return fields.some(field => field !== 'text' && filter[field] !== '');
}

function isTime(field) {
  return field === 'from' || field === 'before';
}

// The field speaks the reader's own time, the address and the API speak UTC, so that a link means the same to everybody.
function localTime(text) {
  const date = new Date(text);
  return text === '' || Number.isNaN(date.getTime()) ? '' : new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function worldTime(text) {
  return text === '' ? '' : new Date(text).toISOString();
}

function toggled(list, item) {
  return list.includes(item) ? list.filter(one => one !== item) : [...list, item];
}

function mayMatch(filter, job) {
  return (filter.states.length === 0 || filter.states.includes(job.state)) && (filter.derived === '' || filter.derived === job.derived) && filter.ids.length === 0 && filter.text === '' &&
    (filter.queue === '' || filter.queue === job.queue) && (filter.name === '' || filter.name === job.name) && (filter.tag === '' || (job.tags ?? []).includes(filter.tag)) &&
    (filter.owner === '' || filter.owner === job.owner);
}

function progressOf(job) {
  const fraction = fractionOf(job);
  if (job.state !== 'running' && (fraction === null || job.state === 'completed')) return '';
  return [bar(fraction, texts.job.progress, { colour: barColour(job) }), h('div', { class: 'under' }, [fraction === null ? null : percent(fraction), job.progress?.phase].filter(part => part).join(' · '))];
}

function whenOf(job, now) {
  const [moment, text] = job.finishedAt ? [job.finishedAt, words.ended]
    : job.state === 'running' ? [job.startedAt ?? job.updatedAt, words.began]
    : job.state === 'pending' ? [job.availableAt, words.due]
    : [job.createdAt, words.created];
  return time(moment, text(ago(moment, now)));
}

function download(name, type, content) {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const anchor = document.createElement('a');
  anchor.href = url;
  anchor.download = name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
