// One job: how far it is, what happened to it, and what can be done about it.

import { get } from '../lib/api.js';
import { age, ago, cut, duration, moment, number, percent, rate, roughly } from '../lib/format.js';
import { live, learn, show } from '../lib/live.js';
import { phasesOf, spansOf } from '../lib/phases.js';
import { reading } from '../lib/reading.js';
import { h } from '../lib/view.js';
import { actOn, actionsOf, may, shareJob } from '../parts/actions.js';
import { bar, barColour, card, empty, fractionOf, link, menu, note, stateMark, stateOf, time, titleOf, trouble } from '../parts/basics.js';
import { tell, whisper } from '../parts/dialogs.js';
import { icon } from '../parts/icons.js';
import { checkpointTab, childrenTab, itemsTab, logTab, payloadTab, tracesTab } from '../parts/job-tabs.js';
import { lookOf, timeline } from '../parts/timeline.js';
import { leftOf } from '../parts/wall.js';
import { texts } from '../texts.js';

const words = texts.job;
const first = ['pause', 'resume', 'retry-items', 'retry', 'cancel'];
const makers = { log: logTab, traces: tracesTab, items: itemsTab, checkpoint: checkpointTab, payload: payloadTab, children: childrenTab };

export function job({ id, query, redraw, go, here }) {
  let tab = query.get('tab') in words.tabs ? query.get('tab') : 'timeline';
  let job;
  let gone = false;
  let open = null;
  const whole = reading(async () => {
    const answer = await get(`api/jobs/${id}`);
    take(answer);
    return answer;
  }, redraw);
  const history = reading(() => get(`api/jobs/${id}/attempts`), redraw);
  const checkpoint = reading(async () => {
    try {
      return await get(`api/jobs/${id}/checkpoints/current`);
    } catch (problem) {
      if (problem.status === 404) return null;
      throw problem;
    }
  }, redraw);
  show([id]);
  whole.refresh();
  history.refresh();
  checkpoint.refresh();
  openTab();

  return {
    title: () => (job === undefined ? `${texts.pages.job} ${id}` : `${titleOf(job)} · ${id}`),
    view,
    hear: (kind, data) => {
      if (kind === 'gone' && data.id === id) gone = true;
      if (kind === 'job' && data.id === id && job !== undefined) hearJob(data);
      if (kind === 'poll' || (kind === 'hello' && !data.resumed)) {
        whole.soon(300);
        history.soon(300);
      }
      open?.hear?.(kind, data);
      tellDrawn();
    },
    query: next => {
      tab = next.get('tab') in words.tabs ? next.get('tab') : 'timeline';
      openTab();
    },
    key: key => {
      const action = { p: has('pause') ? 'pause' : 'resume', r: 'retry', c: 'cancel' }[key];
      if (action === undefined || !has(action)) return false;
      act(action);
      return true;
    },
    leave: () => {
      for (const one of [whole, history, checkpoint]) one.stop();
      open?.leave();
    },
  };

  /** After the next drawing. Another tab may be open by then, which need not care. */
  function tellDrawn() {
    if (open?.drawn) requestAnimationFrame(() => requestAnimationFrame(() => open?.drawn?.()));
  }

  function view(now) {
    if (job === undefined) {
      if (whole.problem?.status === 404) return [h('div', { class: 'head' }, h('h1', null, words.missing(id))), note('blue', 'info', words.missingHint)];
      return [h('div', { class: 'head' }, h('h1', null, `${texts.pages.job} ${id}`)), whole.problem ? trouble(whole.problem, whole.refresh) : h('p', { class: 'soft' }, texts.loading)];
    }
    return [
      head(now),
      gone && note('yellow', 'info', words.goneNow),
      !gone && whole.problem && trouble(whole.problem, whole.refresh),
      job.waitsFor && note('yellow', 'stuck', words.waits(job.waitsFor)),
      job.order && (job.notResponding ? note('red', 'stuck', words.notResponding(ago(job.orderedAt, now))) : note('blue', 'info', words.ordered(job.order, ago(job.orderedAt, now)))),
      job.reason && (job.state === 'cancelled' || job.state === 'paused') && note('', 'person', words.reason(job.reason)),
      h('div', { class: 'split' },
        h('div', null, progress(now), job.error && error(), tabs(now)),
        facts(now)),
    ];
  }

  function head() {
    const actions = gone ? [] : actionsOf(job);
    const shown = first.filter(action => actions.includes(action));
    return h('div', { class: 'head' },
      h('div', { class: 'headline' },
        h('h1', null, titleOf(job), ' ', h('span', { class: 'soft' }, `#${id}`)),
        h('div', { class: 'under soft' }, job.description ? job.name : null)),
      h('span', { 'data-state': stateOf(job) }, stateMark(stateOf(job))),
      h('div', { class: 'actions' },
        shown.map(action => h('button', { key: action, class: texts.actions[action].danger ? 'danger' : '', onclick: () => act(action) }, texts.actions[action].ask)),
        menu(texts.more, [texts.more, icon('down', 12)], [
          ...actions.filter(action => !shown.includes(action)).map(action => [texts.actions[action].ask, () => act(action), texts.actions[action].danger]),
          !gone && may('operate') && [texts.share.ask, () => shareJob(job)],
        ])));
  }

  function progress(now) {
    const told = job.progress;
    const fraction = fractionOf(job);
    if (!told && fraction === null && job.state !== 'running') return null;
    const left = job.state === 'running' ? leftOf(job, now) : null;
    const phases = phasesOf(checkpoint.value, told, job.state);
    return h('section', { class: 'card', 'aria-label': words.progress }, h('div', { class: 'body' },
      h('div', { class: 'head' },
        h('span', { class: 'big' }, fraction === null ? texts.none : percent(fraction)),
        h('span', null, [told?.total > 0 ? words.of(told.done ?? 0, told.total) : told?.done > 0 ? words.doneOnly(told.done) : null, told?.rate > 0 && job.state === 'running' ? rate(told.rate) : null].filter(part => part).join(' · ')),
        left !== null && left >= 1 && h('strong', null, words.left(left)),
        job.itemFailures > 0 && link(`jobs/${id}?tab=items`, { class: 'red' }, words.itemsFailed(job.itemFailures))),
      bar(job.state === 'running' || fraction !== null ? fraction : 0, words.progress, { colour: barColour(job), big: true }),
      (told?.note || told?.phase) && h('p', { class: 'soft said' }, [told.phase, told.note].filter(part => part).join(' · ')),
      phases.length > 1 && h('ol', { class: 'phases', 'aria-label': words.phases }, phases.map(phase => h('li', { class: 'phase', key: phase.path, style: { 'flex-grow': String(phase.weight > 0 ? Math.max(0.15, phase.weight) * 10 : 1) } },
        h('span', { class: 'bar', 'aria-hidden': 'true' }, h('i', { style: { width: phase.state === 'done' ? '100%' : phase.state === 'now' ? `${partOf(told) * 100}%` : '0%' } })),
        h('span', { class: 'name' }, phase.path === '' ? words.phasesNext : cut(phase.path, 40)), ' ',
        h('span', { class: 'soft' }, [{ done: words.phaseDone, now: words.phaseNow, next: words.phaseNext }[phase.state], phase.count === null ? null : number(phase.count)].filter(part => part !== null).join(', ')))))));
  }

  function error() {
    return h('section', { class: 'card', 'aria-label': words.error }, h('div', { class: 'body' },
      h('h2', { class: 'red' }, words.error), h('p', { class: 'mono red' }, job.error.type), h('p', { class: 'message' }, job.error.message),
      job.error.detail && h('details', null, h('summary', null, words.stack), h('pre', { class: 'code', tabindex: 0 }, job.error.detail))));
  }

  function tabs(now) {
    const names = Object.keys(words.tabs);
    const counts = { items: job.itemFailures > 0 ? job.itemFailures : null };
    return h('section', { class: 'card' },
      h('div', { class: 'tabs', role: 'tablist', 'aria-label': words.tabList, onkeydown: turn },
        names.map(name => h('button', { role: 'tab', id: `tab-${name}`, key: name, 'aria-selected': tab === name ? 'true' : 'false', 'aria-controls': 'panel', tabindex: tab === name ? 0 : -1, onclick: () => turnTo(name) },
          words.tabs[name], counts[name] && h('span', { class: 'count red' }, number(counts[name]))))),
      h('div', { role: 'tabpanel', id: 'panel', 'aria-labelledby': `tab-${tab}`, key: tab }, tab === 'timeline' ? story(now) : open.view(now)));
  }

  function story(now) {
    if (history.value === undefined) return history.problem ? trouble(history.problem, history.refresh) : empty(texts.loading);
    const items = history.value.items;
    const spans = spansOf(job, items, now);
    const events = [
      { kind: 'created', at: job.createdAt, by: null, reason: null },
      ...items,
      ...(job.state === 'running' ? [{ kind: 'running', at: new Date(spans.at(-1).from).toISOString(), run: job.run, worker: job.worker }] : []),
    ].reverse();
    return [
      h('div', { class: 'body' }, timeline({ job, spans, history: items, now, redraw })),
      h('ol', { class: 'events', 'aria-label': words.history }, events.map((event, index) => {
        const [colour, shape] = lookOf(event.kind);
        return h('li', { key: events.length - index }, h('span', { class: colour }, icon(shape)), h('div', null,
          h('strong', null, words.kinds[event.kind] ?? event.kind), event.kind === 'asked' ? ` ${event.reason ?? ''}` : null, ' ',
          h('span', { class: 'soft' }, [words.runOn(event.run, event.worker), event.durationSeconds === null || event.durationSeconds === undefined ? null : words.tookText(event.durationSeconds), event.by ? texts.by(event.by) : null].filter(part => part).join(' · '), ' ', time(event.at, moment(event.at))),
          event.reason && event.kind !== 'asked' && h('p', null, event.reason),
          event.error && h('p', { class: 'red' }, `${event.error.type}: ${cut(event.error.message, 400)}`)));
      })),
      items.length === 0 && h('p', { class: 'empty' }, words.noHistory),
    ];
  }

  function facts(now) {
    const worker = (live.workers?.items ?? []).find(one => one.id === job.session);
    const fact = (label, value) => (value === null || value === undefined || value === '' ? null : [h('dt', { key: `${label} is` }, label), h('dd', { key: label }, value)]);
    const when = moment => (moment ? time(moment, ago(moment, now)) : null);
    const took = job.finishedAt && job.startedAt ? duration(age(job.startedAt, Date.parse(job.finishedAt))) : null;
    return h('section', { class: 'card', 'aria-label': words.facts }, h('div', { class: 'body' }, h('dl', { class: 'facts' },
      fact(words.id, [h('span', { class: 'mono' }, String(id)), ' ', navigator.clipboard && h('button', { class: 'link', onclick: copy }, words.copy)]),
      fact(words.queue, link(`jobs?queue=${encodeURIComponent(job.queue)}`, null, job.queue)),
      fact(words.priority, String(job.priority)),
      fact(words.owner, job.owner && link(`jobs?owner=${encodeURIComponent(job.owner)}`, null, job.owner)),
      fact(words.tags, job.tags?.length > 0 ? job.tags.map(tag => [link(`jobs?tag=${encodeURIComponent(tag)}`, { class: 'tag', key: tag }, tag), ' ']) : null),
      fact(words.worker, job.worker),
      fact(words.beat, worker && when(worker.lastBeatAt)),
      fact(words.run, String(job.run)),
      fact(words.attempt, texts.jobs.attempt(job.attempt, job.maxAttempts)),
      fact(words.lost, job.lostRuns > 0 ? texts.jobs.attempt(job.lostRuns, job.maxLostRuns) : null),
      fact(words.checkpoint, when(job.checkpoint?.savedAt)),
      fact(words.created, when(job.createdAt)), fact(words.due, job.state === 'pending' || job.state === 'waiting' ? when(job.availableAt) : null), fact(words.started, when(job.startedAt)), fact(words.updated, when(job.updatedAt)),
      fact(words.finished, when(job.finishedAt)), fact(words.took, took), fact(words.expires, when(job.expiresAt)),
      fact(words.key, job.uniqueKey), fact(words.continues, job.continueFrom && link(`jobs/${job.continueFrom}`, null, job.continueFrom)), fact(words.enqueuedBy, job.enqueuedBy && link(`jobs/${job.enqueuedBy}`, null, job.enqueuedBy)))));
  }

  // Live events carry what lists carry: the rest of what is known of the job stays, and is read again when its state changes.
  function hearJob(data) {
    const changed = data.state !== job.state || data.run !== job.run || data.order !== job.order;
    if (data.state !== job.state) whisper(`${titleOf(data)}: ${texts.states[data.state]}`);
    const phase = job.progress?.phase;
    job = { ...job, ...data, payload: job.payload, result: job.result, policy: job.policy, actions: data.actions ?? job.actions, error: data.error ? { ...data.error, detail: data.error.message === job.error?.message ? job.error.detail : undefined } : null };
    if (changed) {
      whole.soon(150);
      history.soon(300);
    }
    if (phase !== job.progress?.phase || changed) checkpoint.soon(2500);
  }

  function take(answer) {
    const named = job === undefined;
    job = answer;
    gone = false;
    learn(answer);
    if (named) here();
  }

  function has(action) {
    return job !== undefined && !gone && actionsOf(job).includes(action);
  }

  async function act(action) {
    if (!await actOn(job, action) || action === 'clone') return;
    if (action === 'delete') gone = true;
    else whole.refresh();
    history.soon(300);
    redraw();
  }

  function openTab() {
    open?.leave();
    open = tab === 'timeline' ? null : makers[tab](id, redraw, () => job ?? { itemFailures: 0, state: null }, act);
    tellDrawn();
  }

  function turnTo(name) {
    go(name === 'timeline' ? `jobs/${id}` : `jobs/${id}?tab=${name}`, { replace: true });
  }

  function turn(event) {
    const names = Object.keys(words.tabs);
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const next = step !== undefined ? names[(names.indexOf(tab) + step + names.length) % names.length] : { Home: names[0], End: names.at(-1) }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    turnTo(next);
    requestAnimationFrame(() => document.getElementById(`tab-${next}`)?.focus());
  }

  async function copy() {
    await navigator.clipboard.writeText(String(id));
    tell(words.copied);
  }
}

// How much of the current phase is done.
function partOf(progress) {
  return progress?.total > 0 ? Math.min(1, (progress.done ?? 0) / progress.total) : 0.5;
}
