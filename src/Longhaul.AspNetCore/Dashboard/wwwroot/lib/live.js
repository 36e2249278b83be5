// What the page knows of the whole, kept current by live events.

import { address, end } from './api.js';
import { Hub } from './hub.js';

/** The newest of everything. `state`: connecting, live, away (trying again), sleeping (nobody looks), ended (nobody is signed in). `skew`: what the server's clock is ahead of this one. */
export const live = { state: 'connecting', status: null, queues: null, workers: null, running: new Map(), heardAt: null, skew: 0 };

const listeners = new Set();
let say = () => {};
let shown = [];
let stale = null;
let own = null;
let watching = false;

/** Calls back with (kind, data) for each event, and with `poll` now and then while there is no stream. Returns the way to stop it. */
export function listen(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Says which jobs the page shows, so that their log and traces come too. */
export function show(jobs) {
  shown = jobs;
  tellHub();
}

/** Begins, and again after an end. */
export function connect() {
  live.state = 'connecting';
  const hear = message => take(message.kind, message.data);
  try {
    const worker = new SharedWorker(new URL('../stream-worker.js', import.meta.url), { type: 'module', name: 'longhaul' });
    worker.port.onmessage = event => hear(event.data);
    worker.onerror = () => alone(hear);
    say = message => worker.port.postMessage(message);
  } catch {
    alone(hear);
  }

  watch();
  tellHub();
}

/** Ends: nothing is heard any more, and what is known of the whole is forgotten. */
export function disconnect() {
  say({ kind: 'ended' });
  say = () => {};
  stale = null;
  live.running.clear();
  Object.assign(live, { state: 'ended', status: null, queues: null, workers: null });
}

/** Takes over a job that the page has read or changed itself. */
export function learn(job) {
  if (job.state === 'running') live.running.set(job.id, job);
  else live.running.delete(job.id);
}

function watch() {
  if (watching) return;
  watching = true;
  document.addEventListener('visibilitychange', tellHub);
  addEventListener('pagehide', () => say({ kind: 'bye' }));
  // Out of the browser's memory of pages: the hub has forgotten this one.
  addEventListener('pageshow', event => event.persisted && location.reload());
  setInterval(tellHub, 30_000);
  // Where no stream gets through (a proxy that keeps answers back), pages ask now and then.
  setInterval(() => {
    if (live.state === 'away' || live.state === 'connecting') for (const listener of listeners) listener('poll', null);
  }, 5000);
}

function alone(hear) {
  const hub = own ??= new Hub(address('api/events'));
  const page = {};
  say = message => hub.hear(page, message);
  hub.join(page, hear);
  tellHub();
}

function tellHub() {
  say({ kind: 'shows', jobs: shown, visible: document.visibilityState === 'visible' });
}

function take(kind, data) {
  if (live.state === 'ended') return;
  if (kind === 'state' && data === 'ended') return end('over');
  if (kind === 'state') live.state = data;
  else if (kind === 'clock') live.skew = data;
  else live.heardAt = Date.now();
  switch (kind) {
    case 'hello':
      if (!data.resumed) forgetSlowly();
      break;
    case 'jobs':
      for (const job of data) learn(job);
      break;
    case 'job':
      stale?.delete(data.id);
      learn(data);
      break;
    case 'gone':
      live.running.delete(data.id);
      break;
    case 'status':
    case 'queues':
    case 'workers':
      live[kind] = data;
      break;
  }
  for (const listener of listeners) listener(kind, data);
}

// All that runs is told anew after this. What is not told again within a moment runs no more; until then it stays, so that nothing flickers.
function forgetSlowly() {
  const old = stale = new Set(live.running.keys());
  setTimeout(() => {
    if (stale !== old) return;
    stale = null;
    for (const id of old) live.running.delete(id);
    for (const listener of listeners) listener('hello', { resumed: true });
  }, 2000);
}
