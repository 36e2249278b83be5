// Puts the page together.

import { post } from './api.js';
import { $, count, h, number, say } from './dom.js';
import { Gallery } from './gallery.js';
import { drawGoingOn, hearFolder } from './going-on.js';
import { follow } from './live.js';
import { filesOf, Uploads } from './uploads.js';
import { Viewer } from './viewer.js';
import { isOpen } from './words.js';

const views = { all: ['All', 'photos'], open: ['To choose', 'open'], chosen: ['Library', 'chosen'], failed: ['Failed', 'failed'] };
const badge = { processing: ['green', 'Processing'], idle: ['blue', 'Idle'], stalled: ['red', 'Stalled'], pending: ['yellow', 'Pending'], unknown: ['gray', 'Unknown'] };

const enhance = photo => act(() => post(`/api/photos/${photo.uuid}/enhance`), `A better preview of ${photo.name} is on the way`);
const gallery = new Gallery({ look: photo => viewer.open(photo), enhance }, draw);
const viewer = new Viewer(gallery, enhance);
const uploads = new Uploads({ begun: showSending, ended: () => live.poke(), told: tellUploads });
const live = follow({
  job: job => {
    if (job.name === 'photos.folder') hearFolder(job);
    else if (job.name.startsWith('photos.')) gallery.hear(job);
  },
  status: showHealth,
  state: state => {
    $('trouble').hidden = state === 'live';
    $('trouble').textContent = state === 'live' ? '' : 'Not live: the server cannot be reached. Trying again …';
  },
  look: () => gallery.look(),
});

for (const view of Object.keys(views)) {
  $('views').append(h('button', { type: 'button', 'data-view': view, onclick: () => act(() => gallery.show(view)) }));
}
$('choose-files').onclick = () => $('files').click();
$('choose-folder').onclick = () => $('folder').click();
for (const input of [$('files'), $('folder')]) {
  input.onchange = () => {
    uploads.add([...input.files].filter(file => !file.name.startsWith('.')));
    input.value = '';
  };
}
for (const kind of ['dragenter', 'dragover', 'dragleave', 'drop']) {
  addEventListener(kind, event => {
    event.preventDefault();
    $('drop').classList.toggle('over', kind === 'dragenter' || kind === 'dragover');
    if (kind === 'drop') filesOf(event.dataTransfer).then(files => uploads.add(files), () => complain('A folder could not be read. Choose its files instead.'));
  });
}
addEventListener('beforeunload', event => uploads.isBusy && event.preventDefault());
$('more').onclick = () => act(() => gallery.more());
$('choose-all').onclick = () => {
  const open = gallery.photos.filter(isOpen);
  const yes = open.some(photo => !gallery.chosen.has(photo.uuid));
  for (const photo of open) gallery.choose(photo, yes);
};
$('confirm').onclick = () => confirm({ uuids: [...gallery.chosen] });
$('confirm-all').onclick = () => confirm({ all: true });
draw([]);

function confirm(request) {
  return act(async () => {
    const { confirmed } = await post('/api/confirm', request);
    say(`${count(confirmed, 'photo goes', 'photos go')} into the library`);
  });
}

/** Does it, tells it, and looks what came of it. */
async function act(what, said) {
  try {
    await what();
    if (said) say(said);
    live.poke();
  } catch (error) {
    complain(error.message);
  }
}

function complain(text) {
  $('trouble').hidden = false;
  $('trouble').textContent = text;
}

function draw() {
  const { counts, chosen } = gallery;
  for (const button of $('views').children) {
    const [title, key] = views[button.dataset.view];
    button.textContent = counts === null ? title : `${title} ${number(counts[key])}`;
    button.setAttribute('aria-pressed', button.dataset.view === gallery.view);
  }
  const open = gallery.photos.filter(isOpen);
  $('choose-all').disabled = open.length === 0;
  $('choose-all').textContent = open.length > 0 && open.every(photo => chosen.has(photo.uuid)) ? 'Choose none' : 'Choose all shown';
  $('confirm').disabled = chosen.size === 0;
  $('confirm').textContent = chosen.size === 0 ? 'Confirm chosen' : `Confirm chosen (${number(chosen.size)})`;
  $('confirm-all').disabled = !(counts?.open > 0);
  $('confirm-all').textContent = counts?.open > 0 ? `Confirm all (${number(counts.open)})` : 'Confirm all';
  drawGoingOn(uploads, counts);
  viewer.draw();
}

function showHealth(status) {
  const [color, word] = badge[status.worker.status] ?? badge.unknown;
  $('health').hidden = false;
  $('health').className = `pill ${color}`;
  $('health').title = status.worker.hint;
  $('health').textContent = status.jobs.pending > 0 ? `${word} · ${number(status.jobs.pending)} pending` : word;
}

/** A file on its way, at the head of the gallery until it is in. */
function showSending(file) {
  const bar = h('progress', { max: 1, 'aria-label': `Sending ${file.name}` });
  const card = h('li', { class: 'card sending' }, h('div', { class: 'picture blank', 'aria-hidden': 'true' }),
    h('div', { class: 'text' }, h('p', { class: 'name', title: file.name }, file.name), h('p', { class: 'state' }, 'Uploading …'), bar));
  $('gallery').prepend(card);
  $('empty').hidden = true;
  return { progress: share => bar.value = share, end: () => card.remove() };
}

function tellUploads() {
  drawGoingOn(uploads, gallery.counts);
  const { refused, sent, known } = uploads;
  const shown = refused.slice(0, 100);
  $('refused').replaceChildren(...refused.length === 0 ? [] : [h('details', { class: 'refused', open: refused.length <= 10 },
    h('summary', {}, `${count(refused.length, 'file was', 'files were')} not taken`),
    h('ul', {}, ...shown.map(({ name, reason }) => h('li', {}, h('strong', {}, name), `: ${reason}`)), ...refused.length > shown.length ? [h('li', {}, `and ${number(refused.length - shown.length)} more`)] : []))]);
  if (!uploads.isBusy && uploads.total > 0) {
    say([`${count(sent, 'photo', 'photos')} uploaded`, known > 0 ? `${number(known)} came before` : '', refused.length > 0 ? `${number(refused.length)} not taken` : ''].filter(Boolean).join(', '));
  }
}
