// Sends files, a few at a time, one request each: what is sent is in, whatever becomes of the others.

const atATime = 3;

export class Uploads {
  #waiting = [];
  #sending = new Map();
  #told;
  #begun;
  #ended;

  sent = 0;
  known = 0;
  total = 0;
  refused = [];

  /** `begun` makes what shows a file and returns a way to tell its progress and its end; `ended` is called when a file is in or refused. */
  constructor({ begun, ended, told }) {
    [this.#begun, this.#ended, this.#told] = [begun, ended, told];
  }

  get done() {
    return this.total - this.#waiting.length - this.#sending.size;
  }

  get isBusy() {
    return this.done < this.total;
  }

  add(files) {
    if (!this.isBusy) [this.sent, this.known, this.total, this.refused] = [0, 0, 0, []];
    this.#waiting.push(...files);
    this.total += files.length;
    this.#next();
  }

  #next() {
    while (this.#sending.size < atATime && this.#waiting.length > 0) this.#send(this.#waiting.shift());
    this.#told();
  }

  #send(file) {
    const shown = this.#begun(file);
    const request = new XMLHttpRequest(); // fetch does not tell how much is sent
    this.#sending.set(file, request);
    request.open('POST', '/api/uploads');
    request.setRequestHeader('X-Photo-Ingest', '1');
    request.responseType = 'json';
    request.upload.onprogress = event => event.lengthComputable && shown.progress(event.loaded / event.total);
    request.onloadend = () => {
      this.#take(file, request.status, request.response);
      this.#sending.delete(file);
      shown.end();
      this.#ended();
      this.#next();
    };
    const form = new FormData();
    form.append('files', file, file.name);
    request.send(form);
  }

  #take(file, status, answer) {
    const one = answer?.files?.[0];
    if (status === 202 && one?.outcome === 'added') this.sent++;
    else if (status === 202 && one?.outcome === 'known') this.known++;
    else this.refused.push({ name: file.name, reason: one?.reason ?? answer?.detail ?? (status === 0 ? 'it could not be read, or the connection broke; choose it again' : `the server answered ${status}`) });
  }
}

/** All files of a drop, also those in folders. */
export async function filesOf(transfer) {
  const entries = [...transfer.items].map(item => item.webkitGetAsEntry?.()).filter(Boolean);
  const files = [];
  for (const entry of entries) await collect(entry, files);
  return entries.length > 0 ? files : [...transfer.files];
}

async function collect(entry, files) {
  if (entry.name.startsWith('.')) return;
  if (entry.isFile) {
    files.push(await new Promise((found, failed) => entry.file(found, failed)));
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    const some = await new Promise((found, failed) => reader.readEntries(found, failed));
    if (some.length === 0) return;
    for (const inner of some) await collect(inner, files);
  }
}
