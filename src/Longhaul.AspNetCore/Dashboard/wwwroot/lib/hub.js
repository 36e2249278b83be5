// One stream of live events for all pages of a browser. The hub lives in a shared worker, and where there is none, in the page itself.

const kinds = ['hello', 'job', 'gone', 'queues', 'workers', 'status', 'log', 'traces'];

// A page that was closed without saying so stops calling; hidden ones are called rarely by the browser.
const silentAfter = 180_000;

export class Hub {
  #pages = new Map();
  #source = null;
  #address = '';
  #eventsAt = '';
  #state = 'connecting';
  #last = new Map();
  #running = new Map();
  #retry = 0;
  #timer = null;

  /** @param {string} eventsAt the address of `api/events` */
  constructor(eventsAt) {
    this.#eventsAt = eventsAt;
    setInterval(() => this.#sweep(), 30_000);
  }

  /** A page came. `send` gives it messages. */
  join(page, send) {
    // It could be loaded: a stream that was refused may be let in now.
    if (this.#source?.readyState === EventSource.CLOSED) [this.#source, this.#address] = [null, ''];
    if (this.#state === 'ended') this.#state = 'connecting';
    this.#pages.set(page, { send, jobs: [], visible: true, seenAt: Date.now() });
    send({ kind: 'state', data: this.#state });
    for (const [kind, data] of this.#last) send({ kind, data });
    if (this.#running.size > 0) send({ kind: 'jobs', data: [...this.#running.values()] });
    this.#aim();
  }

  /** What a page says: which jobs it shows, whether it can be seen, that it leaves, and that it was told that the session has ended. */
  hear(page, message) {
    const known = this.#pages.get(page);
    if (known === undefined) return;
    known.seenAt = Date.now();
    if (message.kind === 'bye' || message.kind === 'ended') this.#pages.delete(page);
    if (message.kind === 'shows') {
      known.jobs = message.jobs;
      known.visible = message.visible;
    }
    if (message.kind === 'ended') {
      clearTimeout(this.#timer);
      this.#source?.close();
      this.#again(this.#source);
      return;
    }
    this.#aim();
  }

  // The stream is open while a page can be seen, and follows the jobs that are shown. Changing what it follows means a new stream.
  #aim() {
    const pages = [...this.#pages.values()].filter(page => page.visible);
    const jobs = [...new Set(pages.flatMap(page => page.jobs))].sort((a, b) => a - b).slice(0, 20);
    const wanted = pages.length === 0 ? '' : `${this.#eventsAt}${jobs.length === 0 ? '' : `?${jobs.map(id => `job=${id}`).join('&')}`}`;
    if (wanted === this.#address) return;
    this.#address = wanted;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#open(), wanted === '' ? 5000 : 50);
  }

  #open() {
    this.#source?.close();
    this.#source = null;
    if (this.#address === '') {
      this.#tell('sleeping');
      return;
    }

    const source = this.#source = new EventSource(this.#address);
    source.onopen = () => {
      this.#retry = 0;
      this.#tell('live');
    };
    source.onerror = () => {
      if (this.#source !== source) return;
      this.#tell('away');
      // The browser tries again by itself, but not after an answer such as 401 or 503.
      if (source.readyState === EventSource.CLOSED) this.#again(source);
    };
    for (const kind of kinds) source.addEventListener(kind, event => this.#source === source && this.#pass(kind, JSON.parse(event.data)));
  }

  // A stream does not tell why it was refused, and a page may have asked before somebody signed in again: another call tells.
  async #again(source) {
    const answer = await fetch(this.#eventsAt.replace(/events$/, 'me'), { signal: AbortSignal.timeout(10_000) }).catch(() => null);
    if (this.#source !== source) return;
    clearTimeout(this.#timer);
    if (answer?.status === 401) {
      this.#end();
      return;
    }
    this.#timer = setTimeout(() => this.#open(), Math.min(30_000, 2000 * 2 ** this.#retry++));
    this.#aim();
  }

  // What was heard is forgotten: the next page may be somebody else's.
  #end() {
    this.#source?.close();
    [this.#source, this.#address, this.#state] = [null, '', 'ended'];
    this.#last.clear();
    this.#running.clear();
    const pages = [...this.#pages.values()];
    this.#pages.clear();
    for (const page of pages) page.send({ kind: 'state', data: 'ended' });
  }

  #pass(kind, data) {
    if (kind === 'hello') {
      if (!data.resumed) this.#running.clear();
      // Ages are told by the server's clock: this machine's may be wrong.
      const skew = Date.parse(data.at) - Date.now();
      this.#last.set('clock', skew);
      for (const page of this.#pages.values()) page.send({ kind: 'clock', data: skew });
    }
    if (kind === 'status' || kind === 'queues' || kind === 'workers') this.#last.set(kind, data);
    if (kind === 'gone') this.#running.delete(data.id);
    if (kind === 'job') {
      if (data.state === 'running') this.#running.set(data.id, data);
      else this.#running.delete(data.id);
    }

    for (const page of this.#pages.values()) {
      if ((kind === 'log' || kind === 'traces') && !page.jobs.includes(data.job)) continue;
      page.send({ kind, data });
    }
  }

  #tell(state) {
    this.#state = state;
    for (const page of this.#pages.values()) page.send({ kind: 'state', data: state });
  }

  #sweep() {
    for (const [page, known] of this.#pages) if (Date.now() - known.seenAt > silentAfter) this.#pages.delete(page);
    this.#aim();
  }
}
