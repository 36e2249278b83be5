// What goes on as a whole, a bar each: uploads, folders that are taken in, the way into the library.

import { $, count, h, number, timeLeft } from './dom.js';

const folders = new Map();
let ingestedBefore = null;

/** A job of `photos.folder`. */
export function hearFolder(job) {
  const hasEnded = job.state === 'completed' || job.state === 'cancelled';
  if (hasEnded) folders.delete(job.id);
  else folders.set(job.id, job);
}

export function drawGoingOn(uploads, counts) {
  const rows = [...folders.values()].sort((a, b) => a.id - b.id).map(folder);
  if (uploads.isBusy) rows.unshift(['uploads', 'Uploading', uploads.done, uploads.total, `${number(uploads.done)} of ${number(uploads.total)}`]);
  if (counts !== null) rows.push(...library(counts));
  const home = $('going-on');
  home.hidden = rows.length === 0;
  const known = new Map([...home.children].map(row => [row.dataset.key, row]));
  home.replaceChildren(...rows.map(([key, title, done, total, text, link]) => draw(known.get(key) ?? make(key, link), title, done, total, text)));
}

function folder(job) {
  const { done, total, rate, secondsLeft } = job.progress ?? {};
  const figures = total > 0 ? [`${number(done ?? 0)} of ${number(total)}`, rate > 0 ? `${rate.toFixed(1)} a second` : '', timeLeft(secondsLeft)] : [];
  const state = { failed: `failed: ${job.error?.message ?? ''}`, pending: job.derived === 'retrying' ? `will be tried again: ${job.error?.message ?? ''}` : 'waits for a worker', paused: 'paused' }[job.state] ?? '';
  return [`job ${job.id}`, job.description ?? 'A folder', done ?? null, total ?? null, [...figures, state].filter(Boolean).join(' · '), `/longhaul/jobs/${job.id}`];
}

// Of those that were chosen since all was done.
function library({ chosen, ingested }) {
  ingestedBefore ??= ingested;
  if (chosen <= ingested) {
    ingestedBefore = ingested;
    return [];
  }
  const done = Math.max(0, ingested - ingestedBefore);
  const total = chosen - ingestedBefore;
  return [['library', 'Into the library', done, total, `${number(done)} of ${count(total, 'photo', 'photos')}`, '/longhaul/jobs?name=photos.ingest']];
}

function make(key, link) {
  const title = link === undefined ? h('span', { class: 'title' }) : h('a', { class: 'title', href: link });
  return h('div', { class: 'progress', 'data-key': key }, title, h('progress'), h('span', { class: 'soft' }));
}

function draw(row, title, done, total, text) {
  const [name, bar, figures] = row.children;
  if (name.textContent !== title) name.textContent = title;
  bar.setAttribute('aria-label', title);
  if (total > 0) [bar.max, bar.value] = [total, done];
  else bar.removeAttribute('value');
  if (figures.textContent !== text) figures.textContent = text;
  return row;
}
