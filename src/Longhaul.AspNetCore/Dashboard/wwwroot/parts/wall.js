// What runs now: a row a job, its bar, and what tells whether it is well.

import { age, ago, cut, percent, rate, roughly, secondsLeft } from '../lib/format.js';
import { h } from '../lib/view.js';
import { texts } from '../texts.js';
import { bar, barColour, fractionOf, link, time, titleOf } from './basics.js';

/** The seconds that a running job still needs, by the worker's estimate, or by its rate. */
export function leftOf(job, now) {
  const progress = job.progress;
  if (!progress) return null;
  const told = progress.secondsLeft ?? secondsLeft(progress.done, progress.total, progress.rate);
  if (told === null || told === undefined) return null;
  const since = age(job.progressAt, now) ?? 0;
  return Math.max(0, told - Math.max(0, since));
}

/** The wall. `beats`: when each worker's session beat last. */
export function wall(jobs, beats, now) {
  const [job, progress, ...rest] = texts.overview.headings;
  return h('div', { class: 'wall' },
    h('div', { class: 'run headings', key: 'headings', 'aria-hidden': 'true' }, [job, progress, ...rest].map(text => h('span', null, text))),
    h('ul', { key: 'rows' }, jobs.map(one => row(one, beats.get(one.session), now))));
}

function row(job, beat, now) {
  const progress = job.progress ?? {};
  const fraction = fractionOf(job);
  const [, , rateWord, leftWord, checkpointWord, beatWord, workerWord] = texts.overview.headings;
  const counted = progress.total > 0 ? texts.job.of(progress.done ?? 0, progress.total) : progress.done > 0 ? texts.job.doneOnly(progress.done) : null;
  const beatAge = age(beat, now);
  return h('li', { class: 'run', key: job.id },
    h('div', { class: 'what' },
      link(`jobs/${job.id}`, { 'data-row': true, title: titleOf(job) }, titleOf(job)),
      h('div', { class: 'under' }, `${job.id} · ${job.description ? `${job.name} · ` : ''}${job.queue}`)),
    h('div', { class: 'how' },
      h('div', { class: 'line' }, bar(fraction, texts.job.progress, { colour: barColour(job) }), h('b', null, fraction === null ? '' : percent(fraction))),
      h('div', { class: 'under', title: [progress.phase, counted, progress.note].filter(part => part).join(' · ') },
        job.order ? h('span', { class: 'yellow' }, job.notResponding ? texts.notResponding : texts.asked[job.order], ' ') : null,
        job.derived === 'stuck' ? h('span', { class: 'red' }, texts.states.stuck, ' · ') : null,
        [progress.phase, counted, progress.note].filter(part => part).map(part => cut(part, 70)).join(' · ') || texts.job.noProgress)),
    h('div', { class: 'cell', 'data-label': rateWord }, rate(progress.rate)),
    h('div', { class: 'cell', 'data-label': leftWord }, roughly(leftOf(job, now))),
    h('div', { class: 'cell', 'data-label': checkpointWord }, time(job.checkpoint?.savedAt, ago(job.checkpoint?.savedAt, now))),
    h('div', { class: `cell ${beatAge > 15 ? 'red' : ''}`, 'data-label': beatWord }, time(beat, ago(beat, now))),
    h('div', { class: 'cell under', 'data-label': workerWord, title: job.worker }, job.worker ?? texts.none));
}

/** The longest running first: they are what operators wait for. */
export function inOrder(jobs) {
  return [...jobs].sort((a, b) => Number(b.derived === 'stuck') - Number(a.derived === 'stuck') || Date.parse(a.startedAt ?? a.createdAt) - Date.parse(b.startedAt ?? b.createdAt) || a.id - b.id);
}
