'use strict';

// The token of this page, under the name that callers know, and on every call of the page's own server.
window.csrfToken = document.querySelector('[name="CSRF_TOKEN"]').value;

{
  const plain = window.fetch.bind(window);
  window.fetch = (resource, options) => {
    const request = new Request(resource, options);
    if (new URL(request.url).origin === location.origin && !request.headers.has('X-CSRF-Token')) request.headers.set('X-CSRF-Token', window.csrfToken);
    return plain(request);
  };
}

(() => {
  const actions = '/actions/s3-spaces-migration/migration';
  const migrate = 'image-migration/migrate';
  const lookEvery = 1000;
  const listEvery = 5000;
  const watchEvery = 10_000;
  const mostLines = 500;
  const rateOver = 10_000;
  const remembered = 'storage-migration-job';

  const $ = id => document.getElementById(id);
  const number = value => value.toLocaleString('en', { maximumFractionDigits: 1 });

  // Texts are always set as text: nothing that a command prints can become markup.
  function h(name, properties = {}, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(properties)) {
      if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
      else if (key === 'class' || key.includes('-')) element.setAttribute(key, value);
      else element[key] = value;
    }
    element.append(...children);
    return element;
  }

  class Refusal extends Error {
    constructor(status, answer) {
      super(answer?.error ?? answer?.detail ?? (status === 0 ? 'The server cannot be reached.' : `The server answered ${status}.`));
      this.status = status;
    }
  }

  async function call(method, path, body) {
    let response;
    try {
      response = await fetch(path, body === undefined ? { method } : { method, body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } });
    } catch {
      throw new Refusal(0);
    }
    const answer = await response.json().catch(() => null);
    if (!response.ok) throw new Refusal(response.status, answer);
    return answer;
  }

  const get = path => call('GET', path);
  const post = (path, body = {}) => call('POST', path, body);
  const say = text => { $('said').textContent = text; };

  function trouble(text) {
    $('trouble').textContent = text ?? '';
    $('trouble').hidden = !text;
  }

  function time(seconds) {
    if (!(seconds >= 0)) return '';
    if (seconds < 90) return `${Math.ceil(seconds)} s`;
    if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
    return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`;
  }

  function size(bytes) {
    const units = ['B', 'KB', 'MB', 'GB', 'TB'];
    let unit = 0;
    for (; bytes >= 1000 && unit < units.length - 1; unit++) bytes /= 1000;
    return `${bytes.toLocaleString('en', { maximumFractionDigits: unit === 0 ? 0 : 1 })} ${units[unit]}`;
  }

  // --- Start

  let commands = [];

  function choose() {
    const command = commands.find(one => one.name === $('command').value);
    $('about').textContent = command?.description ?? '';
    $('arguments').replaceChildren(...Object.entries(command?.parameters ?? {}).map(([name, pattern]) =>
      isFlag(pattern)
        ? h('label', { class: 'check' }, h('input', { type: 'checkbox', name }), ` ${name}`)
        : h('label', {}, name, h('input', { name, autocomplete: 'off', maxLength: 4000 }))));
  }

  /** Whether a parameter is a yes or no: it takes 1 and 0, and nothing like them. */
  function isFlag(pattern) {
    try {
      const whole = new RegExp(`^(?:${pattern})$`);
      return whole.test('1') && whole.test('0') && !whole.test('2') && !whole.test('10');
    } catch {
      return false; // the server's regular expressions know more than the browser's
    }
  }

  async function start(event) {
    event.preventDefault();
    const args = {};
    for (const input of $('arguments').querySelectorAll('input')) {
      if (input.type === 'checkbox' ? input.checked : input.value !== '') args[input.name] = input.type === 'checkbox' ? true : input.value;
    }
    await run($('command').value, args, $('dry-run').checked);
  }

  async function run(command, args, dryRun) {
    try {
      const answer = await post(`${actions}/run-command-queue`, { command, args, dryRun });
      trouble();
      say(answer.message);
      show(answer.jobId);
      await list();
    } catch (e) {
      trouble(e.message);
    }
  }

  // --- The job that is shown

  let shown = null;

  function show(id) {
    if (shown?.id === id) return;
    shown = { id, line: -1, samples: [], watchedAt: 0, timer: 0, turn: 0 };
    try {
      sessionStorage.setItem(remembered, String(id));
    } catch {
      // Without it the newest is found again.
    }
    $('log').replaceChildren();
    look(shown);
  }

  async function look(job) {
    clearTimeout(job.timer);
    const turn = ++job.turn;
    const watch = performance.now() - job.watchedAt >= watchEvery || job.watchedAt === 0;
    try {
      const answer = await get(`/api/jobs/${job.id}?after=${job.line}&watch=${watch}`);
      if (shown !== job || turn !== job.turn) return;
      if (watch && answer.status === 'running') job.watchedAt = performance.now();
      render(job, answer);
      $('job').dataset.away = 'false';
    } catch (e) {
      if (shown !== job || turn !== job.turn) return;
      if (e.status === 404 || e.status === 403) {
        trouble(e.message);
        return;
      }
      $('job').dataset.away = 'true';
      $('job-note').textContent = `${e.message} It is asked again.`;
    }
    job.timer = setTimeout(() => look(job), lookEvery);
  }

  function render(job, answer) {
    const { job: facts, migration } = answer;
    const before = job.status;
    Object.assign(job, { status: answer.status, command: answer.command, dryRun: answer.dryRun, checkpoint: migration?.checkpointId });
    $('job').hidden = false;
    $('job').dataset.job = job.id;
    $('job-title').textContent = facts.description;
    $('job-status').textContent = answer.status;
    $('job-status').dataset.status = answer.status;
    $('job-facts').textContent = [`Job ${job.id}`, migration?.migrationId, answer.command, answer.dryRun ? 'dry run' : '', `started ${new Date(facts.timePushed * 1000).toLocaleString('en')}`].filter(Boolean).join(' · ');
    const progress = Math.max(facts.progress, migration?.progress ?? 0);
    $('job-bar').value = progress;
    $('job-progress').textContent = `${(progress * 100).toFixed(1)}%`;
    $('job-phase').textContent = migration?.phase ?? '–';
    $('job-done').textContent = migration === null ? '–' : migration.total === null ? number(migration.processed) : `${number(migration.processed)} of ${number(migration.total)}`;
    $('job-rate').textContent = rate(job, answer);
    $('job-left').textContent = answer.status === 'running' ? time(answer.secondsLeft) || '–' : '–';
    $('job-note').textContent = [answer.waitsFor, answer.note, answer.exitCode === null ? '' : `exit code ${answer.exitCode}`].filter(Boolean).join(' · ');
    $('job-error').textContent = facts.error ?? '';
    $('job-error').hidden = !facts.error;
    $('stop').hidden = answer.status !== 'running' && answer.status !== 'pending';
    $('resume').hidden = answer.status !== 'failed';
    append(job, answer.lines);
    if (before !== undefined && before !== answer.status) {
      say(`${facts.description}: ${answer.status}`);
      list();
    }
  }

  /** How many a second were done lately. */
  function rate(job, answer) {
    if (answer.status !== 'running' || answer.migration === null) {
      job.samples = [];
      return '–';
    }
    const now = performance.now();
    const { processed, phase } = answer.migration;
    if (job.samples.length > 0 && (job.samples.at(-1).phase !== phase || job.samples.at(-1).processed > processed)) job.samples = [];
    job.samples.push({ now, processed, phase });
    while (job.samples.length > 2 && now - job.samples[0].now > rateOver) job.samples.shift();
    const first = job.samples[0];
    return now - first.now < 900 ? '–' : `${number((processed - first.processed) / ((now - first.now) / 1000))} a second`;
  }

  function append(job, lines) {
    if (lines.length === 0) return;
    const log = $('log');
    const isAtEnd = log.scrollTop + log.clientHeight >= log.scrollHeight - 20;
    log.append(...lines.map(line => h('div', {}, line.text)));
    while (log.childElementCount > mostLines) log.firstElementChild.remove();
    job.line = lines.at(-1).number;
    if (isAtEnd) log.scrollTop = log.scrollHeight;
  }

  async function act(what) {
    const job = shown;
    try {
      await post(`/api/jobs/${job.id}/${what}`);
      trouble();
    } catch (e) {
      trouble(e.message);
    }
    look(job);
  }

  async function resume() {
    // A migration goes on from its checkpoint as a job of its own; another command, and a migration that has none yet, as the same job.
    if (shown.command === migrate && shown.checkpoint) await run(migrate, { resume: true, checkpointId: shown.checkpoint }, shown.dryRun);
    else await act('resume');
  }

  /** Brings the rows of a list up to date. Those that stay keep the focus. */
  function sync(rows, items, id, make, update) {
    const known = new Map([...rows.children].map(row => [row.dataset.id, row]));
    const wanted = items.map(item => {
      const row = known.get(String(id(item))) ?? make(item);
      row.dataset.id = id(item);
      update(row, item);
      return row;
    });
    if (wanted.length !== rows.childElementCount || wanted.some((row, i) => rows.children[i] !== row)) rows.replaceChildren(...wanted);
  }

  // --- The latest jobs

  async function list() {
    const { jobs } = await get(`${actions}/get-queue-jobs`);
    $('no-jobs').hidden = jobs.length > 0;
    sync($('jobs'), jobs, job => job.id,
      job => h('li', {},
        h('button', { class: 'link', type: 'button', onclick: () => show(job.id) }, `${job.description} (job ${job.id})`),
        h('progress', { max: 1, 'aria-label': `Progress of job ${job.id}` }),
        h('span', { class: 'status' })),
      (row, job) => {
        row.querySelector('progress').value = job.progress;
        row.querySelector('.status').dataset.status = job.status;
        row.querySelector('.status').textContent = `${job.status} ${job.progressLabel}`;
      });
    return jobs;
  }

  /** After a reload: what runs, else what was looked at, else the newest. */
  function find(jobs) {
    const seen = Number(sessionStorage.getItem(remembered));
    const isOpen = job => job.status === 'running' || job.status === 'pending';
    const found = jobs.find(job => job.id === seen && isOpen(job)) ?? jobs.find(isOpen) ?? jobs.find(job => job.id === seen) ?? jobs[0];
    if (found !== undefined) show(found.id);
  }

  // --- Trees

  const idOf = tree => tree.id ?? tree.jobId;

  async function trees() {
    let answer;
    try {
      answer = await get('/api/trees');
    } catch (e) {
      $('trees').hidden = e.status === 404 || $('trees').hidden;
      return e.status !== 404;
    }
    $('trees').hidden = false;
    const all = Array.isArray(answer) ? answer : answer.trees ?? answer.items ?? [];
    places(answer);
    sync($('tree-list'), all, idOf,
      tree => h('li', {},
        h('span', {}, [tree.source, tree.target].filter(Boolean).join(' → ') || `Job ${idOf(tree)}`),
        h('progress', { max: 1, 'aria-label': `Progress of tree copy ${idOf(tree)}` }),
        h('span', { class: 'status' }),
        h('p', { class: 'soft' }),
        h('button', { type: 'button', onclick: () => stopTree(idOf(tree)) }, 'Stop')),
      (row, tree) => {
        const isOpen = !['completed', 'failed', 'cancelled'].includes(tree.state);
        row.querySelector('progress').value = tree.totalFiles > 0 ? tree.files / tree.totalFiles : tree.state === 'completed' ? 1 : 0;
        row.querySelector('.status').dataset.status = tree.state === 'cancelled' ? 'failed' : tree.state;
        row.querySelector('.status').textContent = tree.state;
        row.querySelector('button').hidden = !isOpen;
        row.querySelector('p').textContent = [
          tree.totalFiles > 0 ? `${number(tree.files)} of ${number(tree.totalFiles)} files` : `${number(tree.files ?? 0)} files`,
          size(tree.bytes ?? 0),
          isOpen && tree.bytesPerSecond > 0 ? `${size(tree.bytesPerSecond)}/s` : '',
          isOpen && tree.secondsLeft > 0 ? `${time(tree.secondsLeft)} left` : '',
        ].filter(Boolean).join(' · ');
      });
    return true;
  }

  /** Where the visitor may copy, or what must be set before he may. */
  function places({ places, note }) {
    const text = note ?? (places?.length ? `Below ${places.join(' or ')}.` : '');
    if ($('tree-places').textContent !== text) $('tree-places').textContent = text;
    $('tree-places').hidden = !text;
    $('tree-copy').disabled = Boolean(note);
  }

  async function stopTree(id) {
    try {
      await post(`/api/trees/${id}/cancel`);
      trouble();
    } catch (e) {
      trouble(e.message);
    }
    await trees();
  }

  async function copy(event) {
    event.preventDefault();
    try {
      const { id, jobId } = await post('/api/trees', { source: $('tree-source').value, target: $('tree-target').value });
      trouble();
      say(`The copy has begun as job ${id ?? jobId}.`);
    } catch (e) {
      trouble(e.message);
    }
    await trees();
  }

  // --- Begin

  async function repeat(what, every) {
    let goesOn = true;
    try {
      goesOn = await what() !== false;
    } catch {
      // The server is away for a moment; what is shown stays.
    }
    if (goesOn) setTimeout(() => repeat(what, every), every);
  }

  async function begin() {
    try {
      commands = (await get('/api/commands')).commands;
      $('command').replaceChildren(...commands.map(command => h('option', { value: command.name }, command.name)));
      if (commands.some(command => command.name === migrate)) $('command').value = migrate;
      choose();
      find(await list());
      trouble();
    } catch (e) {
      trouble(e.message);
      if (e.status === 0 || e.status >= 500) setTimeout(begin, 2000);
      return;
    }
    setTimeout(() => repeat(list, listEvery), listEvery);
    repeat(trees, lookEvery);
  }

  $('command').addEventListener('change', choose);
  $('start').addEventListener('submit', start);
  $('stop').addEventListener('click', () => act('cancel'));
  $('resume').addEventListener('click', resume);
  $('tree-start').addEventListener('submit', copy);
  begin();
})();
