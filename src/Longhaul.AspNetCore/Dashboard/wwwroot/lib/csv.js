// Jobs as a table for spreadsheets.

const columns = [
  'id', 'name', 'description', 'queue', 'priority', 'state', 'derived', 'waitsFor', 'attempt', 'maxAttempts', 'run', 'worker', 'owner', 'tags',
  'createdAt', 'availableAt', 'startedAt', 'finishedAt', 'progress', 'errorType', 'errorMessage',
];

/** The rows as CSV by RFC 4180. */
export function toCsv(jobs) {
  const rows = jobs.map(job => [
    job.id, job.name, job.description, job.queue, job.priority, job.state, job.derived, job.waitsFor, job.attempt, job.maxAttempts, job.run, job.worker,
    job.owner, (job.tags ?? []).join(' '), job.createdAt, job.availableAt, job.startedAt, job.finishedAt, job.progress?.fraction, job.error?.type,
    job.error?.message,
  ]);
  return [columns, ...rows].map(row => row.map(cell).join(',')).join('\r\n') + '\r\n';
}

/** One cell. A text that a spreadsheet would take for a formula gets an apostrophe in front. */
export function cell(value) {
  if (value === null || value === undefined) return '';
  let text = String(value);
  if (typeof value === 'string' && /^[=+\-@\t\r]/.test(text)) text = `'${text}`;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
