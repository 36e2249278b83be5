// What people do to jobs: asked once, with what it will do, and a reason that is kept.

import { get, post, remove, text as readText } from '../lib/api.js';
import { isEverything, toSearch } from '../lib/filter.js';
import { number } from '../lib/format.js';
import { layOut, problem } from '../lib/json.js';
import { h } from '../lib/view.js';
import { texts } from '../texts.js';
import { link } from './basics.js';
import { ask, reasonField, tell, tellTrouble } from './dialogs.js';

const operate = ['cancel', 'retry', 'retry-items', 'release', 'pause', 'resume', 'restart', 'clone'];

/** Who looks, what they may do, and whether they came by a session that they can end. Filled at the start. */
export const me = { user: null, owner: null, roles: ['view'], version: null, session: false };

export const may = role => me.roles.includes(role);

/** What fits a job now and this caller, as the API says it. */
export function actionsOf(job) {
  return (job.actions ?? guess(job)).filter(action => texts.actions[action] && may(operate.includes(action) ? 'operate' : 'admin'));
}

/** Asks for one action on one job and does it. Gives whether it was done. */
export async function actOn(job, action) {
  if (action === 'clone') return cloneJob(job);
  const words = texts.actions[action];
  const done = await ask({
    title: texts.askJob(action, words.label, job.id),
    confirm: words.confirm?.[0] ?? words.label,
    danger: words.danger,
    body: [
      h('p', null, texts.will[action](action === 'retry-items' ? job.itemFailures : job.state)),
      action === 'release' && h('label', null, h('input', { type: 'checkbox', name: 'resetAttempts' }), ' ', texts.resetAttempts),
      reasonField(),
    ],
    submit: async values => {
      const reason = values.reason?.trim() || undefined;
      const answer = action === 'delete'
        ? await remove(`api/jobs/${job.id}`, reason === undefined ? undefined : new URLSearchParams({ reason }))
        : await post(`api/jobs/${job.id}/${action}`, { reason, ...(values.resetAttempts ? { resetAttempts: true } : {}) });
      tell((texts.did[answer?.status] ?? texts.did.done)(...(texts.did[answer?.status] === undefined || answer.status === 'done' ? [words.past, job.id] : [job.id])));
    },
  });
  return done;
}

/** Asks for one action on all jobs of a filter, told the count before, and does it. */
export async function actOnMany(action, filter, group) {
  const words = texts.actions[action];
  const wanted = { action, filter: body(filter, group) };
  let count;
  try {
    count = await post('api/jobs/actions', { ...wanted, dryRun: true });
  } catch (error) {
    tellTrouble(error);
    return false;
  }
  if (count.matched === 0) {
    tell(texts.jobs.bulkNone, { colour: 'blue', shape: 'info' });
    return false;
  }

  const will = texts.will[action](filter.states.length === 1 ? filter.states[0] : undefined);
  return ask({
    title: texts.jobs.bulkTitle(words.label, count.matched, count.exact),
    confirm: words.confirm?.[1] ?? words.label,
    danger: words.danger,
    body: [
      h('p', { class: 'soft' }, filter.ids.length > 0 ? texts.jobs.bulkChosen(cutIds(filter.ids)) : isEverything(filter) ? texts.jobs.bulkAll : texts.jobs.bulkOf(toSearch(filter))),
      h('p', null, count.matched === 1 ? will : texts.jobs.each(will)),
      h('p', null, texts.jobs.bulkSkips, ' ', (count.matched > 1000 || !count.exact) && texts.jobs.bulkLarge),
      reasonField(),
    ],
    submit: async values => tellMany(words.past, await post('api/jobs/actions', { ...wanted, reason: values.reason?.trim() || undefined })),
  });
}

/** Says what became of an action on many. */
export function tellMany(past, answer) {
  if (answer.job) tell(texts.jobs.bulkJob, { shape: 'running', action: link(`jobs/${answer.job}`, null, texts.jobs.bulkJobLink(answer.job)) });
  else tell(texts.jobs.bulkDid(past, answer.done, answer.ordered ?? 0, answer.skipped ?? 0));
}

/** Asks for a new job like this one, with another payload if wanted. */
export async function cloneJob(job) {
  let payload;
  let whole;
  try {
    whole = job.policy === undefined ? await get(`api/jobs/${job.id}`) : job;
    payload = layOut(await readText(`api/jobs/${job.id}/payload`));
  } catch (error) {
    tellTrouble(error);
    return false;
  }

  return ask({
    title: texts.clone.title(job.id),
    confirm: texts.clone.submit,
    wide: true,
    body: [
      h('p', { class: 'soft' }, texts.clone.hint),
      h('label', { class: 'field' }, h('span', null, texts.clone.payload), h('textarea', { name: 'payload', rows: 12, spellcheck: 'false', value: payload })),
      h('div', { class: 'fields' },
        h('label', { class: 'field' }, h('span', null, texts.clone.queue), h('input', { name: 'queue', value: whole.queue, maxlength: 128, autocomplete: 'off' })),
        h('label', { class: 'field' }, h('span', null, texts.clone.priority), h('input', { name: 'priority', value: String(whole.priority), inputmode: 'numeric', autocomplete: 'off' })),
        h('label', { class: 'field' }, h('span', null, texts.clone.tags), h('input', { name: 'tags', value: (whole.tags ?? []).join(', '), autocomplete: 'off' }))),
    ],
    submit: async values => {
      const wrong = problem(values.payload);
      if (wrong !== null) return texts.clone.notJson(wrong);
      const priority = Number(values.priority);
      if (!Number.isInteger(priority) || priority < 0 || priority > 255 || values.priority.trim() === '') return texts.clone.badPriority;
      const rest = JSON.stringify({ queue: values.queue.trim(), priority, tags: values.tags.split(',').map(tag => tag.trim()).filter(tag => tag !== '') });
      // The payload goes as it was typed: through JavaScript's numbers it would not come out the same.
      const answer = await post(`api/jobs/${job.id}/clone`, `{"payload":${values.payload},${rest.slice(1)}`);
      if (answer.created === false) tell(texts.clone.exists(answer.id), { colour: 'yellow', shape: 'info' });
      else tell(texts.clone.did(answer.id), { action: link(`jobs/${answer.id}`, null, texts.job.id, ' ', answer.id) });
      return null;
    },
  });
}

/** Asks for a signed link to a job's progress, and shows it. */
export async function shareJob(job) {
  const words = texts.share;
  let url = null;
  await ask({
    title: words.title(job.id),
    confirm: words.submit,
    body: [h('p', null, words.will), h('label', { class: 'field' }, h('span', null, words.days), h('input', { name: 'days', value: '7', inputmode: 'numeric', autocomplete: 'off' }))],
    submit: async values => {
      const days = Number(values.days);
      if (!(days >= 1 && days <= 366)) return words.bad;
      url = new URL((await post(`api/jobs/${job.id}/link`, { validForSeconds: Math.round(days * 86_400) })).url, location.href).href;
      return null;
    },
  });
  if (url !== null) await ask({ title: words.made, body: h('input', { 'aria-label': words.made, readonly: true, value: url, onfocus: event => event.target.select() }) });
}

/** A filter as the API takes it in a body. */
export function body(filter, group) {
  const wanted = {};
  if (filter.states.length > 0) wanted.states = filter.states;
  if (filter.derived !== '') wanted.derived = filter.derived;
  if (filter.ids.length > 0) wanted.ids = filter.ids.map(Number);
  for (const field of ['queue', 'name', 'tag', 'owner', 'text', 'from', 'before']) if (filter[field] !== '') wanted[field] = filter[field];
  if (group) wanted.group = group;
  return Object.keys(wanted).length === 0 ? { all: true } : wanted;
}

function cutIds(ids) {
  return ids.length > 12 ? `${ids.slice(0, 12).join(', ')} … (${number(ids.length)})` : ids.join(', ');
}

// Lists may come without the actions: what fits the state.
function guess(job) {
  const fits = {
    waiting: ['cancel', 'release', 'pause', 'restart'], pending: ['cancel', 'release', 'pause', 'restart'], running: ['cancel', 'pause', 'release', 'restart'],
    paused: ['resume', 'cancel', 'release', 'restart'], completed: ['restart'], failed: ['retry', 'restart'], cancelled: ['retry', 'restart'],
  }[job.state] ?? [];
  const items = job.itemFailures > 0 && (job.state === 'completed' || job.state === 'failed') ? ['retry-items'] : [];
  return [...items, ...fits, 'clone', 'delete'];
}
