// <longhaul-progress src="/longhaul/p/TOKEN">: fires "progress"; parts: title, bar, fill, text.
const css = new CSSStyleSheet();
css.replaceSync(':host{display:block}[part=bar]{height:.6em;background:#8884;margin:.3em 0}[part=fill]{height:100%;width:0;background:var(--longhaul-color,#2b9c68)}');

customElements.define('longhaul-progress', class extends HTMLElement {
  static observedAttributes = ['src'];

  constructor() {
    super();
    const root = this.attachShadow({ mode: 'open' });
    root.adoptedStyleSheets = [css];
    const part = (name, into) => {
      this['_' + name] = into.appendChild(document.createElement('div'));
      this['_' + name].setAttribute('part', name);
    };
    part('title', root);
    part('bar', root);
    part('fill', this._bar);
    part('text', root);
    this._bar.role = 'progressbar';
    this._bar.ariaLabel = 'Progress';
  }

  connectedCallback() {
    this.source?.close();
    const src = this.getAttribute('src');
    if (!src) return;
    this.source = new EventSource(src + '/events');
    this.source.addEventListener('progress', e => this.show(JSON.parse(e.data)));
  }

  disconnectedCallback() {
    this.source?.close();
  }

  attributeChangedCallback() {
    if (this.isConnected) this.connectedCallback();
  }

  show(job) {
    const p = job.progress ?? {};
    const share = job.state === 'completed' ? 1 : p.fraction ?? (p.total > 0 ? p.done / p.total : null);
    const s = p.secondsLeft;
    const w = [job.state, share !== null && Math.floor(share * 100) + ' %', s > 0 && job.state === 'running' && (s < 90 ? Math.ceil(s) + ' s left' : Math.round(s / 60) + ' min left'), p.note];
    this._title.textContent = this._bar.ariaLabel = job.description ?? job.state;
    this._text.textContent = w.filter(Boolean).join(' · ');
    this._fill.style.width = share * 100 + '%';
    this._bar.ariaValueNow = share === null ? null : Math.floor(share * 100);
    if (job.finishedAt) this.source.close();
    this.dispatchEvent(new CustomEvent('progress', { detail: job }));
  }
});
