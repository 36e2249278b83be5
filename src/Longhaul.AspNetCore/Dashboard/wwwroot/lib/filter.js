// Which jobs: between the search field (what people type), the page's address, and the query of the API. All three say the same.

export const states = ['waiting', 'pending', 'running', 'paused', 'completed', 'failed', 'cancelled'];
export const derivedStates = ['scheduled', 'retrying', 'stuck'];

/** The fields of a filter that hold one text. */
export const fields = ['queue', 'name', 'tag', 'owner', 'text', 'from', 'before'];

const none = Object.freeze({ states: [], derived: '', ids: [], oldestFirst: false, queue: '', name: '', tag: '', owner: '', text: '', from: '', before: '' });

/** A filter that lets everything through. */
export function everything() {
  return { ...none, states: [], ids: [] };
}

/** The filter that a query string says. What it does not know it leaves out. */
export function fromQuery(query) {
  const filter = everything();
  for (const part of query.getAll('state').flatMap(text => text.split(','))) {
    if (states.includes(part) && !filter.states.includes(part)) filter.states.push(part);
    else if (derivedStates.includes(part)) filter.derived = part;
  }
  const derived = query.get('derived');
  if (derivedStates.includes(derived)) filter.derived = derived;
  for (const part of query.getAll('id').flatMap(text => text.split(','))) if (isId(part)) filter.ids.push(part);
  for (const field of fields) filter[field] = query.get(field)?.trim() ?? '';
  filter.oldestFirst = query.get('order') === 'oldest';
  return filter;
}

/** The query string that says a filter, without the question mark. */
export function toQuery(filter) {
  const query = new URLSearchParams();
  if (filter.states.length > 0) query.set('state', filter.states.join(','));
  if (filter.derived !== '') query.set('derived', filter.derived);
  if (filter.ids.length > 0) query.set('id', filter.ids.join(','));
  for (const field of fields) if (filter[field] !== '') query.set(field, filter[field]);
  if (filter.oldestFirst) query.set('order', 'oldest');
  return query.toString();
}

/** Whether a filter lets everything through (the order aside). */
export function isEverything(filter) {
  return toQuery({ ...filter, oldestFirst: false }) === '';
}

/** The filter of what somebody typed: `12345`, `queue:emails state:failed tag:"big one" the rest is text`. */
export function fromSearch(typed) {
  const filter = everything();
  const rest = [];
  for (const [word, key, quoted, plain] of typed.matchAll(/(?:([a-z]+):)?(?:"([^"]*)"|(\S+))/gi)) {
    const value = quoted ?? plain;
    const field = key?.toLowerCase();
    if (field === undefined) rest.push(value);
    else if (field === 'state' && value.split(',').every(part => states.includes(part) || derivedStates.includes(part))) take(filter, value);
    else if (field === 'id' && value.split(',').every(isId)) filter.ids.push(...value.split(','));
    else if (fields.includes(field)) filter[field] = value;
    else rest.push(word);
  }

  if (rest.length > 0 && rest.every(isId) && filter.ids.length === 0) filter.ids = rest;
  else if (rest.length > 0) filter.text = [filter.text, ...rest].filter(part => part !== '').join(' ');
  return filter;
}

/** What somebody would type for a filter; `fromSearch` reads it back. */
export function toSearch(filter) {
  const parts = [];
  const stateWords = [...filter.states, ...(filter.derived === '' ? [] : [filter.derived])];
  if (stateWords.length > 0) parts.push(`state:${stateWords.join(',')}`);
  if (filter.ids.length > 0) parts.push(filter.ids.length === 1 ? filter.ids[0] : `id:${filter.ids.join(',')}`);
  for (const field of fields) {
    if (filter[field] === '' || field === 'text') continue;
    parts.push(`${field}:${/[\s"]/.test(filter[field]) ? `"${filter[field].replaceAll('"', '')}"` : filter[field]}`);
  }
  if (filter.text !== '') parts.push(isId(filter.text) || filter.text.includes(':') ? `text:"${filter.text.replaceAll('"', '')}"` : filter.text);
  return parts.join(' ');
}

/** Whether a text is the id of a job: a number below 2^53. */
export function isId(text) {
  return /^[1-9]\d{0,15}$/.test(text) && Number(text) <= Number.MAX_SAFE_INTEGER;
}

function take(filter, list) {
  for (const part of list.split(',')) {
    if (derivedStates.includes(part)) filter.derived = part;
    else if (!filter.states.includes(part)) filter.states.push(part);
  }
}
