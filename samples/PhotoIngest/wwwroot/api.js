// Calls of the server.

/** What the server refused, and why. */
export class Refusal extends Error {
  constructor(status, problem) {
    super(problem?.detail ?? (status === 0 ? 'The server cannot be reached.' : `The server answered ${status}.`));
    this.status = status;
  }
}

export const get = path => call('GET', path);

export const post = (path, body) => call('POST', path, JSON.stringify(body ?? {}));

async function call(method, path, body) {
  let response;
  try {
    response = await fetch(path, { method, body, headers: method === 'GET' ? {} : { 'Content-Type': 'application/json', 'X-Photo-Ingest': '1' } });
  } catch {
    throw new Refusal(0);
  }
  const answer = await response.json().catch(() => null);
  if (!response.ok) throw new Refusal(response.status, answer);
  return answer;
}
