// Runs an example of the seed, unchanged, as a program of Node: node example.mjs ADDRESS FILE. The last line tells what was called and said.
// What an example takes from its page is here: `csrfToken`, the hidden field, addresses without a host; and a browser's cookie. Nothing adds the token.
import { readFile } from 'node:fs/promises';

const [address, file] = process.argv.slice(2);
const quicker = 25;
const plain = globalThis.fetch;

const page = await plain(address);
const cookie = page.headers.getSetCookie().map(one => one.split(';')[0]).join('; ');
const token = /name="CSRF_TOKEN" value="([^"]+)"/.exec(await page.text())[1];

const calls = [];
let open = 0;
globalThis.fetch = async (path, options = {}) => {
  const headers = new Headers(options.headers);
  headers.set('Cookie', cookie);
  open++;
  try {
    const response = await plain(new URL(path, address), { ...options, headers });
    calls.push({ method: options.method ?? 'GET', path, status: response.status });
    return response;
  } finally {
    open--;
  }
};
globalThis.csrfToken = token;
globalThis.document = { querySelector: selector => selector === '[name="CSRF_TOKEN"]' ? { value: token } : null };

const intervals = new Set();
const { setInterval: begin, clearInterval: end, setTimeout: later } = globalThis;
globalThis.setInterval = (action, period) => {
  const interval = begin(action, period / quicker);
  intervals.add(interval);
  return interval;
};
globalThis.clearInterval = interval => {
  intervals.delete(interval);
  end(interval);
};

const said = [];
const say = console.log;
console.log = (...words) => said.push(words.join(' '));

const AsyncFunction = (async () => {}).constructor;
await new AsyncFunction(await readFile(file, 'utf8'))();
// Who was refused has nothing to poll for, and would for ever.
while (open > 0 || intervals.size > 0 && !calls.some(call => call.status === 403)) await new Promise(resolve => later(resolve, 20));
say(JSON.stringify({ calls, said }));
process.exit(0);
