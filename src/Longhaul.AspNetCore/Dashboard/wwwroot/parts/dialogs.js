// Questions and messages. An action is asked once: the question says what will happen, the answer is a verb.

import { h, render } from '../lib/view.js';
import { texts } from '../texts.js';
import { icon } from './icons.js';

// Those in which nobody has typed or pressed anything.
const untouched = new Set();

/** Closes the questions that nobody has begun to answer. */
export function closeUntouched() {
  for (const dialog of untouched) dialog.close();
}

/**
 * Asks. `body` describes the question; `submit` is called with the form's values and may return a text that says what does not hold,
 * then the question stays. Gives whether it was done.
 */
export function ask({ title, body, confirm, danger = false, wide = false, submit }) {
  return new Promise(resolve => {
    const dialog = document.createElement('dialog');
    const before = document.activeElement;
    let busy = false;
    let trouble = null;
    let done = false;
    if (wide) dialog.className = 'wide';
    dialog.setAttribute('aria-labelledby', 'asked');
    document.body.append(dialog);
    untouched.add(dialog);
    for (const kind of ['input', 'submit', 'close']) dialog.addEventListener(kind, () => untouched.delete(dialog));
    dialog.addEventListener('close', () => {
      dialog.remove();
      if (before?.isConnected) before.focus();
      else document.getElementById('main').focus({ preventScroll: true });
      resolve(done);
    });
    draw();
    dialog.showModal();
    const first = dialog.querySelector('input, textarea, select') ?? dialog.querySelector('button[type="submit"]');
    first?.focus();

    function draw() {
      render(h('form', { method: 'dialog', novalidate: true, onsubmit: send },
        h('h2', { id: 'asked' }, title),
        typeof body === 'function' ? body() : body,
        h('div', { role: 'alert' }, trouble && h('p', { class: 'red' }, trouble)),
        h('div', { class: 'actions' },
          confirm && h('button', { type: 'button', onclick: () => dialog.close() }, texts.keep),
          h('button', { type: 'submit', class: `primary ${danger ? 'danger' : ''}`, disabled: busy }, confirm ?? texts.close))), dialog);
    }

    async function send(event) {
      event.preventDefault();
      if (busy) return;
      busy = true;
      trouble = null;
      draw();
      try {
        trouble = (await submit?.(Object.fromEntries(new FormData(event.target)))) ?? null;
        done = trouble === null;
      } catch (error) {
        trouble = wordsOf(error);
      }
      busy = false;
      if (done) dialog.close();
      else draw();
    }
  });
}

/** The field for the reason of an action. */
export function reasonField() {
  return h('label', { class: 'field' }, h('span', null, texts.reason), h('input', { name: 'reason', maxlength: 500, autocomplete: 'off' }));
}

/** What went wrong, in words. */
export function wordsOf(error) {
  if (error.status === 0) return texts.problems.away;
  if (error.status === 401) return texts.problems.session;
  return error.message;
}

const shown = [];
let place = null;

/** Says something for a while; screen readers hear it. */
export function tell(text, { colour = 'green', shape = 'completed', action = null } = {}) {
  const toast = { key: crypto.getRandomValues(new Uint32Array(1))[0], text, colour, shape, action };
  shown.push(toast);
  if (shown.length > 4) shown.shift();
  draw();
  setTimeout(() => drop(toast), action === null ? 7000 : 14_000);
}

/** Says what went wrong. */
export function tellTrouble(error) {
  tell(wordsOf(error), { colour: 'red', shape: 'stuck' });
}

/** Says something to screen readers alone. */
export function whisper(text) {
  prepare();
  place.quiet.textContent = text;
}

function drop(toast) {
  const at = shown.indexOf(toast);
  if (at < 0) return;
  shown.splice(at, 1);
  draw();
}

// The live regions are there from the start, as screen readers want them, and outside of what pages draw.
export function prepare() {
  if (place !== null) return;
  const toasts = document.createElement('div');
  toasts.className = 'toasts';
  toasts.setAttribute('role', 'status');
  const quiet = document.createElement('div');
  quiet.className = 'hidden';
  quiet.setAttribute('role', 'status');
  document.body.append(toasts, quiet);
  place = { toasts, quiet };
}

function draw() {
  prepare();
  render(shown.map(toast => h('div', { class: 'toast', key: toast.key },
    h('span', { class: toast.colour }, icon(toast.shape)), h('p', null, toast.text, toast.action && [' ', toast.action]),
    h('button', { class: 'quiet small', 'aria-label': texts.close, onclick: () => drop(toast) }, icon('close', 12)))), place.toasts);
}
