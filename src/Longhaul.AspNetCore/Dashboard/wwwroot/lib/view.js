// The whole of rendering. A page describes what it wants with h(…); render(…) compares that with what it described last time and
// changes only what differs, so that focus, scroll position and what somebody is typing survive a live update.
// Values become text nodes, never markup: there is no way through this file to make an element out of a string.

const svgNamespace = 'http://www.w3.org/2000/svg';

/** Describes an element. `children` are descriptions, strings, numbers, lists of these, or null, false and undefined for nothing. */
export function h(tag, props, ...children) {
  return { tag, props: props ?? {}, key: props?.key, children: flatten(children, []) };
}

/** Makes what `container` shows equal to `content`. */
export function render(content, container) {
  const wanted = flatten([content], []);
  patchChildren(container, container.rendered ?? [], wanted, container.namespaceURI === svgNamespace);
  container.rendered = wanted;
}

function flatten(children, into) {
  for (const child of children) {
    if (child === null || child === undefined || child === false || child === true) continue;
    if (Array.isArray(child)) flatten(child, into);
    else if (typeof child === 'object') into.push(child);
    else into.push({ tag: null, text: String(child), key: undefined });
  }
  return into;
}

function patchChildren(parent, before, after, inSvg) {
  const keyed = new Map();
  const loose = [];
  for (const old of before) {
    if (old.key === undefined) loose.push(old);
    else keyed.set(old.key, old);
  }

  const kept = new Set();
  let at = 0;
  const pairs = after.map(next => {
    const old = next.key === undefined ? loose[at++] : keyed.get(next.key);
    if (old === undefined || old.tag !== next.tag || kept.has(old)) return [next, undefined];
    kept.add(old);
    return [next, old];
  });

  let place = before.find(old => kept.has(old))?.node ?? null;
  // What is not wanted goes first, so that what stays is not moved (a moved node loses its focus).
  const end = before.at(-1)?.node.nextSibling ?? null;
  for (const old of before) if (!kept.has(old)) old.node.remove();
  place ??= end;
  for (const [next, old] of pairs) {
    if (old !== undefined) patch(old, next, inSvg);
    else create(next, inSvg);
    if (next.node === place) place = place.nextSibling;
    else parent.insertBefore(next.node, place);
  }
}

function create(next, inSvg) {
  if (next.tag === null) {
    next.node = document.createTextNode(next.text);
    return;
  }

  const svg = inSvg || next.tag === 'svg';
  const node = svg ? document.createElementNS(svgNamespace, next.tag) : document.createElement(next.tag);
  next.node = node;
  patchChildren(node, [], next.children, svg && next.tag !== 'foreignObject');
  for (const [name, value] of Object.entries(next.props)) set(node, name, value, undefined);
  next.props.ref?.(node);
}

function patch(old, next, inSvg) {
  const node = next.node = old.node;
  if (next.tag === null) {
    if (old.text !== next.text) node.data = next.text;
    return;
  }

  patchChildren(node, old.children, next.children, inSvg || next.tag === 'svg');
  for (const name of Object.keys(old.props)) if (!(name in next.props)) set(node, name, undefined, old.props[name]);
  for (const [name, value] of Object.entries(next.props)) set(node, name, value, old.props[name]);
}

function set(node, name, value, before) {
  if (name === 'key' || name === 'ref') return;
  if (name.startsWith('on')) {
    listen(node, name.slice(2), value);
  } else if (name === 'style') {
    // Through the object model: a style attribute is refused by the content security policy.
    for (const part of Object.keys(before ?? {})) if (!(part in (value ?? {}))) node.style.removeProperty(part);
    for (const [part, text] of Object.entries(value ?? {})) if (before?.[part] !== text) node.style.setProperty(part, text);
  } else if (value === before) {
    // What a person typed into a field is theirs until the page means another value.
  } else if (name === 'value' || name === 'checked' || name === 'open' || name === 'indeterminate') {
    node[name] = value ?? (name === 'value' ? '' : false);
  } else if (value === undefined || value === null || value === false) {
    node.removeAttribute(name);
  } else {
    node.setAttribute(name, name === 'href' ? safeAddress(value) : value === true ? '' : String(value));
  }
}

function listen(node, type, handler) {
  if (handler !== undefined && typeof handler !== 'function') throw new TypeError(`on${type} must be a function`);
  const handlers = node.handlers ??= {};
  if (!(type in handlers)) node.addEventListener(type, event => handlers[type]?.call(node, event));
  handlers[type] = handler;
}

/** An address that may stand in a link: a relative one, or http(s). Anything else (`javascript:`) leads nowhere. */
export function safeAddress(address) {
  const text = String(address);
  const scheme = /^\s*([a-z][a-z0-9+.-]*):/i.exec(text.replace(/[\u0000-\u0020]/g, ''));
  return scheme === null || /^https?$/i.test(scheme[1]) || text.startsWith('blob:') ? text : '#';
}
