// One photo of the gallery. Drawn once, then changed in place, so that nobody loses what they look at or have focused.

import { h } from './dom.js';
import { canEnhance, describe, facts, isOpen, standing } from './words.js';

export class Card {
  /** `look`, `choose` and `enhance` are called with the photo. */
  constructor(photo, { look, choose, enhance }) {
    this.photo = photo;
    this.job = null;
    this.chosen = false;
    this.picture = h('button', { type: 'button', class: 'picture', onclick: () => look(this.photo) });
    this.blank = h('div', { class: 'picture blank', 'aria-hidden': 'true' });
    this.name = h('p', { class: 'name' });
    this.facts = h('p', { class: 'soft facts' });
    this.state = h('p', { class: 'state' });
    this.bar = h('progress', { hidden: true });
    this.box = h('input', { type: 'checkbox', onchange: event => choose(this.photo, event.target.checked) });
    this.label = h('label', { class: 'choose' }, this.box, 'Choose');
    this.better = h('button', { type: 'button', class: 'small', onclick: () => enhance(this.photo) }, 'Enhance');
    this.element = h('li', { class: 'card' }, this.blank, h('div', { class: 'text' }, this.name, this.facts, this.state, this.bar, h('div', { class: 'row' }, this.label, this.better)));
    this.draw();
  }

  draw() {
    const { photo, job } = this;
    const [kind, text] = standing(photo, job);
    this.element.dataset.uuid = photo.uuid;
    this.element.dataset.standing = kind;
    this.element.classList.toggle('chosen', this.chosen);
    set(this.name, photo.name);
    this.name.title = photo.name;
    set(this.facts, facts(photo));
    set(this.state, text);
    this.state.title = text;
    this.bar.hidden = kind !== 'running';
    this.bar.setAttribute('aria-label', `${photo.name}: ${text}`);
    this.label.hidden = !isOpen(photo);
    this.box.checked = this.chosen;
    this.box.setAttribute('aria-label', `Choose ${photo.name}`);
    this.better.hidden = photo.previewSize == null || photo.state === 'failed';
    this.better.disabled = !canEnhance(photo, job);
    this.better.setAttribute('aria-label', `Enhance ${photo.name}`);
    this.#drawPicture();
  }

  #drawPicture() {
    if (this.photo.previewSize == null) return;
    this.image ??= h('img', { src: `/photos/${this.photo.uuid}/thumbnail`, width: 400, height: 400, loading: 'lazy', decoding: 'async' });
    this.image.alt = describe(this.photo);
    if (this.blank.parentNode) {
      this.picture.append(this.image);
      this.blank.replaceWith(this.picture);
    }
  }
}

// Setting the same text again would make screen readers and selections jump.
function set(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
