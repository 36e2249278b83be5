// One photo, large. A better preview takes the place of the one that is shown when it is there.

import { $ } from './dom.js';
import { canEnhance, describe, facts, standing } from './words.js';

export class Viewer {
  #gallery;
  #uuid = null;
  #wanted = null;

  constructor(gallery, enhance) {
    this.#gallery = gallery;
    $('viewer-close').onclick = () => $('viewer').close();
    $('viewer-back').onclick = () => this.#step(-1);
    $('viewer-on').onclick = () => this.#step(1);
    $('viewer-enhance').onclick = () => gallery.card(this.#uuid) && enhance(gallery.card(this.#uuid).photo);
    $('viewer').onclose = () => this.#leave();
    $('viewer').onkeydown = event => {
      if (event.key === 'ArrowLeft') this.#step(-1);
      if (event.key === 'ArrowRight') this.#step(1);
    };
  }

  open(photo) {
    this.#uuid = photo.uuid;
    this.draw();
    if (!$('viewer').open) $('viewer').showModal();
  }

  /** The photo may have changed. */
  draw() {
    const card = this.#gallery.card(this.#uuid);
    if (card === undefined) return;
    const { photo, job } = card;
    const [kind, text] = standing(photo, job);
    const photos = this.#shown();
    const place = photos.findIndex(other => other.uuid === photo.uuid);
    $('viewer-name').textContent = photo.name;
    $('viewer-facts').textContent = facts(photo);
    $('viewer-state').textContent = text;
    $('viewer-state').dataset.standing = kind;
    $('viewer-enhance').disabled = !canEnhance(photo, job);
    $('viewer-traces').href = `/longhaul/traces?subject=${photo.uuid}`;
    $('viewer-back').disabled = place <= 0;
    $('viewer-on').disabled = place < 0 || place === photos.length - 1;
    this.#drawPicture(photo);
  }

  // The next picture is loaded aside, and put in place when it is whole.
  async #drawPicture(photo) {
    const picture = $('viewer-picture');
    const address = `/photos/${photo.uuid}/preview?v=${photo.changed}`;
    picture.alt = describe(photo);
    if (this.#wanted === address) return;
    this.#wanted = address;
    if (picture.dataset.uuid !== photo.uuid) picture.removeAttribute('src');
    picture.dataset.uuid = photo.uuid;
    const next = new Image();
    next.src = address;
    await next.decode().catch(() => {});
    if (this.#wanted === address) picture.src = address;
  }

  #shown() {
    return this.#gallery.photos.filter(photo => photo.previewSize != null);
  }

  #step(by) {
    const photos = this.#shown();
    const next = photos[photos.findIndex(photo => photo.uuid === this.#uuid) + by];
    if (next !== undefined) this.open(next);
  }

  #leave() {
    const card = this.#gallery.card(this.#uuid);
    [this.#uuid, this.#wanted] = [null, null];
    $('viewer-picture').removeAttribute('src');
    card?.picture.focus();
  }
}
