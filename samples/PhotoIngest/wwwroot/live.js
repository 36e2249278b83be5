// Longhaul's live events say that something happened; what it came to stands in the library.

const events = '/longhaul/api/events?topics=jobs,status';
const lookAtLeastEvery = 5000;
const pollEvery = 2000;
const restBetweenLooks = 300;

/**
 * Follows what goes on. Calls `job` for each job that changed, `status` with how the queues are, `state` with live or away,
 * and `look` whenever the library may have changed; never two at once.
 */
export function follow({ job, status, state, look }) {
  let source = null;
  let retry = 0;
  let looking = false;
  let again = false;
  let inVain = false;

  async function poke() {
    if (looking) {
      again = true;
      return;
    }
    looking = true;
    do {
      again = false;
      try {
        await look();
        if (inVain) state('live');
        inVain = false;
      } catch {
        inVain = true;
        state('away');
      }
      await new Promise(rested => setTimeout(rested, restBetweenLooks));
    } while (again);
    looking = false;
  }

  function open() {
    source?.close();
    source = new EventSource(events);
    source.addEventListener('hello', () => {
      retry = 0;
      state('live');
      poke();
    });
    source.addEventListener('job', event => {
      job(JSON.parse(event.data));
      poke();
    });
    source.addEventListener('status', event => status(JSON.parse(event.data)));
    source.onerror = () => {
      state('away');
      // The browser tries again by itself, but not after an answer such as 503.
      if (source?.readyState === EventSource.CLOSED) setTimeout(aim, Math.min(30_000, 1000 * 2 ** retry++));
    };
  }

  // Nobody looks at a hidden page: it needs no stream, of which a browser has few.
  function aim() {
    if (document.visibilityState === 'visible') {
      if (source === null || source.readyState === EventSource.CLOSED) open();
      poke();
    } else {
      source?.close();
      source = null;
    }
  }

  document.addEventListener('visibilitychange', aim);
  setInterval(() => source?.readyState === EventSource.OPEN || document.visibilityState !== 'visible' || poke(), pollEvery);
  setInterval(() => document.visibilityState === 'visible' && poke(), lookAtLeastEvery);
  aim();
  return { poke };
}
