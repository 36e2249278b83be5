// The list of photos, newest first, kept as the library says.

import { get } from './api.js';
import { Card } from './card.js';
import { $ } from './dom.js';
import { isOpen } from './words.js';

const pageLength = 60; // as the server's
const mostShown = 600; // while nobody has asked for more

const belongs = {
  all: () => true,
  open: isOpen,
  chosen: photo => photo.confirmed && photo.state !== 'failed',
  failed: photo => photo.state === 'failed',
};

const nothing = {
  all: 'No photos yet. Add some above.',
  open: 'Nothing is left to choose.',
  chosen: 'Nothing has been chosen yet.',
  failed: 'Nothing has failed.',
};

export class Gallery {
  view = 'all';
  counts = null;
  chosen = new Set();
  #cards = new Map();
  #jobs = new Map();
  #at = null;
  #asked = 0;
  #oldest = Infinity;
  #hasMore = false;
  #handlers;
  #changed;

  /** `handlers` are those of a card; `changed` is called after each change with the photos that changed. */
  constructor(handlers, changed) {
    this.#handlers = { ...handlers, choose: (photo, yes) => this.choose(photo, yes) };
    this.#changed = changed;
  }

  /** What is shown, newest first. */
  get photos() {
    return [...$('gallery').children].map(element => this.#cards.get(element.dataset.uuid)?.photo).filter(Boolean);
  }

  card(uuid) {
    return this.#cards.get(uuid);
  }

  async show(view) {
    this.view = view;
    this.#at = null;
    await this.look();
  }

  /** Reads what is new since the last look; at first the newest. */
  async look() {
    if (this.#at === null) await this.#begin();
    else while (await this.#catchUp());
  }

  async more() {
    const view = this.view;
    const { photos } = await get(`/api/photos?view=${view}&before=${this.#oldest}`);
    if (view !== this.view) return;
    this.#asked += photos.length;
    this.#append(photos);
    this.#tell(photos);
  }

  /** What a job says about its photo, which is its unique key. */
  hear(job) {
    const known = this.#jobs.get(job.uniqueKey);
    if (known !== undefined && known.id > job.id) return;
    const isOver = job.state === 'completed' || job.state === 'cancelled';
    if (isOver) this.#jobs.delete(job.uniqueKey);
    else this.#jobs.set(job.uniqueKey, job);
    const card = this.#cards.get(job.uniqueKey);
    if (card === undefined) return;
    card.job = isOver ? null : job;
    card.draw();
    this.#changed([card.photo]);
  }

  choose(photo, yes) {
    if (yes) this.chosen.add(photo.uuid);
    else this.chosen.delete(photo.uuid);
    const card = this.#cards.get(photo.uuid);
    card.chosen = yes;
    card.draw();
    this.#changed([]);
  }

  async #begin() {
    const view = this.view;
    const { photos, at, counts } = await get(`/api/photos?view=${view}`);
    if (view !== this.view) return;
    this.#cards.clear();
    this.#asked = 0;
    this.#oldest = Infinity;
    $('gallery').replaceChildren(...document.querySelectorAll('#gallery > .sending'));
    this.#append(photos);
    [this.#at, this.counts] = [at, counts];
    this.#tell(photos);
  }

  async #catchUp() {
    const view = this.view;
    const { photos, at, counts } = await get(`/api/photos?after=${this.#at}`);
    if (view !== this.view || this.#at === null) return false;
    const progress = at > this.#at;
    [this.#at, this.counts] = [at, counts];
    for (const photo of photos) this.#take(photo);
    this.#trim();
    this.#tell(photos);
    return progress && photos.length > 0;
  }

  #append(photos) {
    for (const photo of photos) $('gallery').append(this.#make(photo).element);
    this.#oldest = photos.at(-1)?.arrived ?? this.#oldest;
    this.#hasMore = photos.length === pageLength;
  }

  #take(photo) {
    const card = this.#cards.get(photo.uuid);
    if (!belongs[this.view](photo)) {
      this.#remove(photo.uuid);
    } else if (card !== undefined) {
      card.photo = photo;
      if (!isOpen(photo)) this.#unchoose(card);
      card.draw();
    } else if (!this.#hasMore || photo.arrived > this.#oldest) {
      this.#insert(photo);
    }
  }

  #insert(photo) {
    const after = [...$('gallery').children].find(element => (this.#cards.get(element.dataset.uuid)?.photo.arrived ?? Infinity) < photo.arrived);
    $('gallery').insertBefore(this.#make(photo).element, after ?? null);
  }

  #make(photo) {
    const card = new Card(photo, this.#handlers);
    card.job = this.#jobs.get(photo.uuid) ?? null;
    card.chosen = this.chosen.has(photo.uuid) && isOpen(photo);
    card.draw();
    this.#cards.set(photo.uuid, card);
    return card;
  }

  #remove(uuid) {
    const card = this.#cards.get(uuid);
    if (card === undefined) return;
    this.#unchoose(card);
    card.element.remove();
    this.#cards.delete(uuid);
  }

  #unchoose(card) {
    this.chosen.delete(card.photo.uuid);
    card.chosen = false;
  }

  // A folder of many thousands comes in while the page stays open: the oldest are behind "Show more" again.
  #trim() {
    const photos = this.photos;
    const surplus = photos.slice(mostShown + this.#asked);
    for (const photo of surplus) this.#remove(photo.uuid);
    if (surplus.length === 0) return;
    this.#oldest = photos[mostShown + this.#asked - 1].arrived;
    this.#hasMore = true;
  }

  #tell(photos) {
    $('more').hidden = !this.#hasMore;
    $('empty').hidden = $('gallery').children.length > 0;
    $('empty').textContent = nothing[this.view];
    this.#changed(photos);
  }
}
