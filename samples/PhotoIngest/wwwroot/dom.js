// Elements. Texts are always set as text: nothing that came with a photo can become markup.

/** Makes an element: properties, `class`, `data-…` and `aria-…`, listeners (`onclick`), children. */
export function h(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else if (key === 'class' || key.includes('-')) element.setAttribute(key, value);
    else element[key] = value;
  }
  element.append(...children);
  return element;
}

/** The element of the page with this id. */
export const $ = id => document.getElementById(id);

export const number = value => value.toLocaleString('en');

export const count = (value, one, many) => `${number(value)} ${value === 1 ? one : many}`;

export function size(bytes) {
  return bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} KB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

export function timeLeft(seconds) {
  if (!(seconds > 0)) return '';
  return seconds < 90 ? `${Math.ceil(seconds)} s left` : `${Math.round(seconds / 60)} min left`;
}

/** Tells it to people who hear the page. */
export function say(text) {
  $('said').textContent = text;
}
