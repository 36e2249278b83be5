// What the page says of a photo.

import { number, size } from './dom.js';

const running = {
  'photos.preview': 'Making its preview …',
  'photos.ingest': 'Going into the library …',
  'photos.enhance': 'Making a better preview …',
};

/** How a photo stands: a kind, which colours it, and a sentence. `job` is the newest that is about it, if any. */
export function standing(photo, job) {
  if (photo.state === 'failed') return ['failed', `Failed: ${photo.reason}`];
  if (job?.state === 'running') return ['running', running[job.name] ?? 'Being worked on …'];
  if (job?.state === 'paused') return ['waiting', 'Paused'];
  if (job?.derived === 'retrying') return ['waiting', `Will be tried again: ${job.error?.message ?? 'it failed'}`];
  if (job?.state === 'failed' && job.name === 'photos.enhance') return ['failed', `No better preview: ${job.error?.message ?? 'it failed'}`];
  if (job?.state === 'pending' && job.name === 'photos.enhance') return ['waiting', 'Waits for its better preview'];
  if (photo.state === 'uploaded') return ['waiting', photo.confirmed ? 'Chosen, waits for its preview' : 'Waits for its preview'];
  if (photo.state === 'previewed') return photo.confirmed ? ['waiting', 'Chosen, waits for the library'] : ['open', 'Ready to be chosen'];
  return ['done', 'In the library'];
}

export const isOpen = photo => !photo.confirmed && photo.state !== 'failed';

export const canEnhance = (photo, job) =>
  photo.previewSize != null && photo.state !== 'failed' && !(job?.name === 'photos.enhance' && (job.state === 'running' || job.state === 'pending'));

/** What a photo is, for those who do not see it. */
export function describe(photo) {
  const taken = photo.takenAt == null ? '' : `taken ${new Date(photo.takenAt).toLocaleDateString('en', { day: 'numeric', month: 'long', year: 'numeric' })}`;
  return [photo.name, taken, photo.camera == null ? '' : `with ${photo.camera}`].filter(Boolean).join(', ');
}

export function facts(photo) {
  return [
    size(photo.bytes),
    photo.width == null ? '' : `${number(photo.width)} × ${number(photo.height)}`,
    photo.previewSize == null ? '' : `preview ${number(photo.previewSize)} px`,
    photo.camera ?? '',
    photo.takenAt == null ? '' : new Date(photo.takenAt).toLocaleString('en', { dateStyle: 'medium', timeStyle: 'short' }),
  ].filter(Boolean).join(' · ');
}
