// Keys. Single letters can be switched off, for those who steer by voice.

import { h } from '../lib/view.js';
import { texts } from '../texts.js';
import { ask } from './dialogs.js';

const places = { o: '', j: 'jobs', f: 'failed', t: 'traces', w: 'workers' };
let leading = false;
let timer = null;

/** Listens. `act` gets the keys that belong to the page, and says whether it took it. */
export function keyboard({ go, act }) {
  document.addEventListener('keydown', event => {
    const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) && event.target.type !== 'checkbox';
    if (event.key === 'Escape' && typing) event.target.blur();
    if (typing || event.ctrlKey || event.metaKey || event.altKey || !switchedOn() || document.querySelector('dialog[open]') !== null) return;
    if (take(event.key)) event.preventDefault();
  });

  function take(key) {
    if (leading) {
      leading = false;
      clearTimeout(timer);
      if (key in places) {
        go(places[key]);
        return true;
      }
      return false;
    }

    switch (key) {
      case 'g':
        leading = true;
        timer = setTimeout(() => leading = false, 1500);
        return true;
      case '/':
        document.getElementById('search')?.focus();
        return true;
      case '?':
        help();
        return true;
      case 'j':
      case 'k':
        return move(key === 'j' ? 1 : -1);
      case 'x':
        return choose();
      default:
        return act(key) === true;
    }
  }
}

/** Shows the keys, and how to find jobs. */
export function help() {
  const list = pairs => h('dl', { class: 'keys' }, pairs.map(([key, text]) => [h('dt', null, h('kbd', null, key)), h('dd', null, text)]));
  ask({
    title: texts.keyboard.title,
    body: [
      list(texts.keyboard.list), h('h3', null, texts.keyboard.jobTitle), list(texts.keyboard.job), h('h3', null, texts.keyboard.searchTitle), list(texts.keyboard.search),
      h('label', null, h('input', { type: 'checkbox', checked: switchedOn(), onchange: event => switchTo(event.target.checked) }), ' ', texts.keyboard.single),
    ],
  });
}

// Rows are what can be opened: their main link carries data-row.
function move(step) {
  const rows = [...document.querySelectorAll('[data-row]')];
  if (rows.length === 0) return false;
  const at = rows.indexOf(document.activeElement?.closest('tr, .run')?.querySelector('[data-row]') ?? null);
  const next = rows[at < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + step))];
  next.focus();
  next.scrollIntoView({ block: 'nearest' });
  return true;
}

function choose() {
  const box = document.activeElement?.closest('tr')?.querySelector('input[type="checkbox"]');
  if (!box) return false;
  box.click();
  return true;
}

function switchedOn() {
  try {
    return localStorage.getItem('longhaul.keys') !== 'off';
  } catch {
    return true;
  }
}

function switchTo(on) {
  try {
    localStorage.setItem('longhaul.keys', on ? 'on' : 'off');
  } catch {
    // Storage is switched off: they stay on.
  }
}
