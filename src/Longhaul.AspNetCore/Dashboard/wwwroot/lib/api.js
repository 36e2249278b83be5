// Calls of the HTTP API.

import { parse } from './json.js';

/** Where the dashboard lies, such as `/longhaul`. */
export const prefix = document.documentElement.dataset.prefix ?? '';

/** The address of a page or of a call. */
export function address(path, query) {
  const text = query === undefined ? '' : query.toString();
  return `${prefix}/${path}${text === '' ? '' : `?${text}`}`;
}

/** What the API refused, and why. */
export class Problem extends Error {
  constructor(status, body) {
    super(body?.detail ?? body?.title ?? `The server answered ${status}.`);
    this.status = status;
    this.code = body?.code ?? '';
    this.body = body ?? {};
  }
}

/** `ended`: null; `over` once the server has said that nobody is signed in, `out` once somebody has signed out. The page asks for nothing by itself after that. */
export const session = { ended: null };

let hear = () => {};
let leaving = false;

/** Calls back when the session has ended, and when another has begun. */
export function onSession(listener) {
  hear = listener;
}

/** Ends it for this page. */
export function end(how) {
  if (session.ended !== null) return;
  // The server refuses it before it has answered who signs out: what is read meanwhile must not say that it ended by itself.
  session.ended = leaving ? 'out' : how;
  hear();
}

// Somebody is signed in again.
function begin() {
  if (session.ended === null) return;
  session.ended = null;
  hear();
}

/** Ends it on the server too. */
export async function signOut() {
  if (leaving) return;
  leaving = true;
  try {
    await remove('api/session');
  } catch (error) {
    if (error.status !== 401) throw error; // then it had ended before
  } finally {
    leaving = false;
  }
  end('out');
}

export async function get(path, query, signal) {
  return parse(await text(path, query, signal));
}

/** An answer to the letter, for JSON that people wrote. */
export async function text(path, query, signal) {
  const response = await call('GET', address(path, query), undefined, signal);
  return response.text();
}

export async function post(path, body) {
  return answer(await call('POST', address(path), body === undefined ? '{}' : typeof body === 'string' ? body : JSON.stringify(body)));
}

export async function remove(path, query) {
  return answer(await call('DELETE', address(path, query)));
}

async function answer(response) {
  const body = await response.text();
  return body === '' ? null : parse(body);
}

async function call(method, url, body, signal) {
  // What a person presses goes through after the end: they may have signed in in another window, and what they typed is here.
  const late = session.ended !== null;
  if (late && method === 'GET') throw new Problem(401, null);
  const headers = { Accept: 'application/json' };
  if (method !== 'GET') headers['X-Longhaul-Request'] = '1';
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  let response;
  try {
    response = await fetch(url, { method, headers, body, signal, credentials: 'same-origin', redirect: 'error' });
  } catch (error) {
    // A login page in place of an answer comes as a redirect, which is refused above: both look the same from here.
    if (error.name === 'AbortError') throw error;
    throw new Problem(0, null);
  }
  if (response.ok) {
    if (late) begin();
    return response;
  }
  if (response.status === 401) end('over');
  let problem = null;
  try {
    problem = parse(await response.text());
  } catch {
    // A proxy's own error page: the status says enough.
  }
  throw new Problem(response.status, problem);
}
