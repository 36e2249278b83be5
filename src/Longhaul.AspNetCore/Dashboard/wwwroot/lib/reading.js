// Something a page reads from the API, now and then again: its newest answer, or what went wrong.

/** @param {() => Promise} read @param {() => void} redraw */
export function reading(read, redraw) {
  let timer = null;
  let busy = false;
  let again = false;
  let over = false;
  const self = { value: undefined, problem: null, get closed() { return self.problem?.code === 'owner_forbidden'; }, refresh, soon, every, stop };
  return self;

  async function refresh() {
    if (over) return;
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    try {
      self.value = await read();
      self.problem = null;
    } catch (problem) {
      if (problem.name !== 'AbortError') self.problem = problem;
      // What somebody may not see will not be seen by asking again.
      if (problem.status === 403) self.stop();
    }
    busy = false;
    if (again) {
      again = false;
      soon(300);
    }
    redraw();
  }

  /** Reads again within a moment; many wishes are one reading. */
  function soon(delay = 1000) {
    if (timer !== null || over) return;
    timer = setTimeout(() => {
      timer = null;
      if (document.visibilityState === 'visible') refresh();
      else soon(2000);
    }, delay);
  }

  /** Reads now, and again and again, while somebody can see it. */
  function every(milliseconds) {
    refresh();
    const timer = setInterval(() => document.visibilityState === 'visible' && refresh(), milliseconds);
    self.stop = () => {
      clearInterval(timer);
      stop();
    };
  }

  function stop() {
    over = true;
    clearTimeout(timer);
  }
}
