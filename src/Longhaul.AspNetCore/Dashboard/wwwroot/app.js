// The frame around the pages: where one is, the search, the state of the connection, the keyboard.

import { Problem, address, get, onSession, prefix, session, signOut } from './lib/api.js';
import { fromSearch, toQuery } from './lib/filter.js';
import { ago } from './lib/format.js';
import { connect, disconnect, listen, live, show } from './lib/live.js';
import { reading } from './lib/reading.js';
import { h, render } from './lib/view.js';
import { me } from './parts/actions.js';
import { healthPill, link, note } from './parts/basics.js';
import { closeUntouched, prepare, tellTrouble, whisper } from './parts/dialogs.js';
import { icon } from './parts/icons.js';
import { help, keyboard } from './parts/keyboard.js';
import { texts } from './texts.js';

const root = document.getElementById('app');

// A page is loaded when somebody first goes there.
const makers = {
  overview: async () => (await import('./pages/overview.js')).overview,
  jobs: async () => (await import('./pages/jobs.js')).jobs,
  job: async () => (await import('./pages/job.js')).job,
  failed: async () => (await import('./pages/failed.js')).failed,
  traces: async () => (await import('./pages/traces.js')).traces,
  workers: async () => (await import('./pages/workers.js')).workers,
};
const loaded = new Map([['missing', missing]]);
const loading = { view: () => h('p', { class: 'soft' }, texts.loading) };
const over = { view: ended };
const who = reading(async () => Object.assign(me, await get('api/me')), redraw);
let page = null;
let place = null;
let drawing = false;

/** The page, its id and its query, of an address. */
function where(location) {
  const path = location.pathname.slice(prefix.length).replace(/^\/+|\/+$/g, '');
  const query = new URLSearchParams(location.search);
  if (path === '' || path === 'overview') return { name: 'overview', query };
  const one = /^jobs\/(\d{1,16})$/.exec(path);
  if (one !== null) return { name: 'job', id: Number(one[1]), query };
  return { name: ['jobs', 'failed', 'traces', 'workers'].includes(path) ? path : 'missing', query };
}

/** Goes to a page of the dashboard. */
export function go(path, { replace = false } = {}) {
  history[replace ? 'replaceState' : 'pushState'](null, '', path.startsWith('/') ? path : address(path));
  arrive(!replace);
}

function arrive(moved) {
  const next = where(location);
  const same = place?.name === next.name && place?.id === next.id;
  place = next;
  if (same && page.query !== undefined) {
    page.query(next.query);
  } else {
    page?.leave?.();
    show([]);
    if (moved) scrollTo(0, 0);
    open(next);
  }
  setTitle();
  draw();
  if (moved && !same) document.getElementById('main')?.focus({ preventScroll: true });
}

function open(next) {
  if (session.ended !== null) {
    page = over;
    return;
  }

  const make = loaded.get(next.name);
  if (make !== undefined) {
    page = make({ query: next.query, id: next.id, redraw, go, here: setTitle });
    return;
  }

  page = loading;
  makers[next.name]().then(
    maker => {
      loaded.set(next.name, maker);
      if (place !== next) return;
      open(next);
      setTitle();
      redraw();
    },
    () => session.ended === null && tellTrouble(new Problem(0, null)));
}

function setTitle() {
  document.title = texts.titleOf(page.title?.() ?? texts.pages[place.name]);
}

/** Draws soon: many changes at once are one drawing. */
export function redraw() {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(draw);
}

function draw() {
  drawing = false;
  render(frame(Date.now() + live.skew), root);
}

function frame(now) {
  const at = place.name === 'job' ? 'jobs' : place.name;
  const failures = live.status?.jobs?.failed;
  const [pill, face] = live.status === null ? ['', null] : healthPill(live.status.worker.status);
  return [
    h('a', { class: 'skip', href: '#main', onclick: toMain }, texts.skip),
    h('header', { class: 'top' },
      link('', { class: 'brand', 'aria-label': texts.product }, h('img', { src: address('assets/icon.svg'), alt: '', width: 24, height: 24 }), h('span', null, texts.product)),
      h('nav', { class: 'nav', 'aria-label': texts.mainNavigation },
        ['overview', 'jobs', 'failed', 'traces', 'workers'].map(name => link(name === 'overview' ? '' : name, { key: name, 'aria-current': at === name ? 'page' : undefined },
          texts.pages[name], name === 'failed' && failures > 0 && h('span', { class: 'count red' }, failures > 999 ? '999+' : failures)))),
      h('form', { class: 'search', role: 'search', onsubmit: search },
        h('input', { type: 'search', id: 'search', name: 'search', 'aria-label': texts.search, placeholder: texts.searchHint, autocomplete: 'off', spellcheck: 'false' }),
        h('kbd', { 'aria-hidden': 'true' }, '/')),
      h('div', { class: 'tools' },
        face && place.name !== 'overview' && link('', { class: pill, title: live.status.worker.hint }, face),
        connection(now),
        h('button', { class: 'quiet', 'aria-label': texts.theme[theme()], title: texts.theme[theme()], onclick: nextTheme }, icon({ auto: 'auto', light: 'sun', dark: 'moon' }[theme()])),
        h('button', { class: 'quiet', 'aria-label': texts.help, title: texts.help, onclick: help }, '?'),
        me.session && session.ended === null && h('button', { class: 'quiet', 'aria-label': texts.session.signOut, title: texts.session.signOut, onclick: () => signOut().catch(tellTrouble) }, icon('out')))),
    h('main', { id: 'main', tabindex: -1, key: `${place.name} ${place.id ?? ''}` },
      page.view(now)),
    h('footer', { class: 'foot' }, texts.footer(me.version, me.user, me.roles).map(text => h('span', { key: text }, text))),
  ];
}

function connection(now) {
  const colour = { live: 'green', away: 'red' }[live.state] ?? 'gray';
  const heard = live.heardAt === null || live.state === 'live' ? '' : `, ${texts.connection.heard(ago(new Date(live.heardAt).toISOString(), now))}`;
  return h('span', { class: `state ${colour}`, 'data-live': live.state, title: texts.connection[live.state] + heard }, icon('live'),
    h('span', { class: live.state === 'live' ? 'hidden' : '' }, texts.connection[live.state]));
}

function missing() {
  return { view: () => [h('div', { class: 'head' }, h('h1', null, texts.pages.missing)), note('blue', 'info', h('p', null, texts.missingPage), link('', null, texts.toOverview))] };
}

function ended() {
  return [
    h('div', { class: 'head' }, h('h1', null, texts.session[session.ended])),
    note('blue', 'info', h('p', null, texts.session.again(me.session)), h('p', null, texts.session.elsewhere), h('p', null, h('button', { onclick: () => location.reload() }, texts.session.reload))),
  ];
}

function search(event) {
  event.preventDefault();
  const filter = fromSearch(event.target.elements.search.value);
  event.target.elements.search.value = '';
  event.target.elements.search.blur();
  go(filter.ids.length === 1 && toQuery({ ...filter, ids: [] }) === '' ? `jobs/${filter.ids[0]}` : `jobs?${toQuery(filter)}`);
}

function toMain(event) {
  event.preventDefault();
  document.getElementById('main').focus();
}

function theme() {
  return document.documentElement.dataset.theme ?? 'auto';
}

function nextTheme() {
  const next = { auto: 'light', light: 'dark', dark: 'auto' }[theme()];
  if (next === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = next;
  try {
    localStorage.setItem('longhaul.theme', next);
  } catch {
    // Storage is switched off: it holds until the page is left.
  }
  redraw();
}

// Links within the dashboard change the page without loading it anew.
document.addEventListener('click', event => {
  const anchor = event.target.closest?.('a[href]');
  if (anchor === null || event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  if (anchor.target !== '' || anchor.hasAttribute('download') || anchor.origin !== location.origin || !`${anchor.pathname}/`.startsWith(`${prefix}/`)) return;
  if (/^\/(api|p|assets)\//.test(anchor.pathname.slice(prefix.length))) return;
  event.preventDefault();
  go(anchor.pathname + anchor.search);
});
addEventListener('popstate', () => arrive(true));
// A menu closes when somebody points elsewhere; that it closes when the focus leaves it is the menu's own doing.
document.addEventListener('pointerdown', event => {
  for (const menu of document.querySelectorAll('details.menu[open]')) if (!menu.contains(event.target)) menu.open = false;
});

// A hundred running jobs tell a few hundred changes a second: the eye is served by eight drawings.
let soon = null;
let lastHealth = null;
listen((kind, data) => {
  if (who.problem !== null) who.soon(); // the store was away: whoever hears something can be told who they are
  if (kind === 'status') {
    const health = data.worker.status;
    if (lastHealth !== null && lastHealth !== health) whisper(texts.healthChanged(texts.health[health] ?? health, data.worker.hint));
    lastHealth = health;
  }
  page?.hear?.(kind, data);
  soon ??= setTimeout(() => {
    soon = null;
    redraw();
  }, 120);
});
setInterval(() => document.visibilityState === 'visible' && redraw(), 1000);
keyboard({ go, act: key => page?.key?.(key) });
onSession(() => {
  page.leave?.();
  show([]);
  if (session.ended === null) {
    connect();
    who.refresh();
  } else {
    disconnect();
    closeUntouched();
    whisper(`${texts.session[session.ended]} ${texts.session.again(me.session)}`);
  }
  open(place);
  setTitle();
  draw();
  // What had the focus may be gone. Where a question is open, nothing behind it takes the focus.
  if (document.activeElement === document.body) document.getElementById('main').focus({ preventScroll: true });
});
// A page that somebody looks at is not idle, though a stream may be all that it asks for: each answer keeps the session, and a stream is one.
setInterval(() => me.session && document.visibilityState === 'visible' && who.refresh(), 300_000);

prepare();
root.replaceChildren();
arrive(false);
connect();
await who.refresh();
if (who.problem !== null && who.problem.status !== 401) tellTrouble(who.problem);
