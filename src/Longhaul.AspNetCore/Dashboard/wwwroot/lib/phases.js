// The phases of a job, from its checkpoint and its last progress.

/** Phases in their order: [{ path, weight, state: 'done' | 'now' | 'next', count, failed }]. */
export function phasesOf(checkpoint, progress, state) {
  const known = Object.entries(checkpoint?.phases ?? {}).filter(([path]) => path !== '').map(([path, phase]) => ({
    path, weight: phase.weight ?? 0, state: phase.done === true ? 'done' : 'next', count: phase.loop?.count ?? null, failed: phase.loop?.failed ?? 0,
  }));
  const current = progress?.phase ?? null;
  if (current === null || current === '') return withRest(known, state);
  const at = known.find(phase => phase.path === current || phase.path.endsWith(`/${current}`));
  if (at === undefined) known.push({ path: current, weight: 0, state: state === 'completed' ? 'done' : 'now', count: null, failed: 0 });
  else if (at.state !== 'done') at.state = 'now';
  return withRest(known, state);
}

// The checkpoint knows a phase once it has begun: of those to come there is only the weight that is left.
function withRest(known, state) {
  const rest = 1 - known.filter(phase => !phase.path.includes('/')).reduce((sum, phase) => sum + phase.weight, 0);
  if (known.length > 0 && rest > 0.005 && rest < 0.995 && state !== 'completed') known.push({ path: '', weight: rest, state: 'next', count: null, failed: 0 });
  return known;
}

/**
 * What a job's time was spent on: [{ kind, from, to, run, worker, ... }] in milliseconds, oldest first. Kinds are those of the history,
 * `waits` between the runs, and `running` for the one that goes on.
 */
export function spansOf(job, history, now) {
  const spans = [];
  const created = Date.parse(job.createdAt);
  let free = created;
  for (const entry of history) {
    if (entry.kind === 'asked' || entry.durationSeconds === null || entry.durationSeconds === undefined) continue;
    const to = Date.parse(entry.at);
    const from = Math.max(free, to - entry.durationSeconds * 1000);
    if (from > free) spans.push({ kind: 'waits', from: free, to: from });
    spans.push({ ...entry, from, to });
    free = Math.max(free, to);
  }

  if (job.state === 'running') {
    // The store knows when the first run began; a later one began when the one before had ended and it was due.
    const began = Math.min(now, job.runStartedAt ? Date.parse(job.runStartedAt) : spans.some(span => span.kind !== 'waits') ? Math.max(free, Date.parse(job.availableAt)) : Date.parse(job.startedAt ?? job.updatedAt));
    if (began > free) spans.push({ kind: 'waits', from: free, to: began });
    spans.push({ kind: 'running', from: Math.max(free, began), to: now, run: job.run, worker: job.worker });
  } else if (job.finishedAt === null || job.finishedAt === undefined) {
    spans.push({ kind: 'waits', from: free, to: Math.max(free, now) });
  } else if (spans.every(span => span.kind === 'waits') && job.startedAt) {
    spans.push({ kind: 'waits', from: created, to: Date.parse(job.startedAt) }, { kind: job.state, from: Date.parse(job.startedAt), to: Date.parse(job.finishedAt), run: job.run, worker: job.worker });
  }
  return spans;
}
