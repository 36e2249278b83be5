// What the peers have in common: orders come as JSON lines on the input, each is answered by one on the output.
import { createInterface } from "node:readline";

const text = "x".repeat(89); // 100 bytes as JSON: {"text":"…"}
export const payload = { text };

// By the clock that all processes of a machine share; the payload stays at about 100 bytes.
export const stamped = () => ({ at: process.hrtime.bigint().toString(), text: text.slice(0, 65) });

/** Counts what the handlers did, and when. */
export class Tally {
  count = 0;
  pickUps = [];
  passed = [];
  #target = Infinity;
  #step = Infinity;
  #reached = () => {};

  add(job) {
    if (job.at) this.pickUps.push(Number(process.hrtime.bigint() - BigInt(job.at)) / 1e6);
    this.count++;
    if (this.count % this.#step === 0) this.passed.push(process.hrtime.bigint());
    if (this.count === this.#target) this.#reached();
  }

  expect(more) {
    this.#target = this.count + more;
    this.#step = Math.max(1, Math.floor(more / 5));
    this.passed = [process.hrtime.bigint()];
    return new Promise((resolve) => (this.#reached = resolve));
  }
}

const seconds = (since) => Number(process.hrtime.bigint() - since) / 1e9;
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function enqueueFor(peer, time, callers) {
  const began = process.hrtime.bigint();
  let count = 0;
  await Promise.all(Array.from({ length: callers }, async () => {
    for (; seconds(began) < time; count++) await peer.enqueue(payload);
  }));
  return { count, seconds: seconds(began) };
}

async function enqueueMany(peer, count) {
  const began = process.hrtime.bigint();
  for (let done = 0; done < count; done += peer.batch) {
    await peer.enqueueMany(Array.from({ length: Math.min(peer.batch, count - done) }, () => payload));
  }
  return { count, seconds: seconds(began) };
}

async function drain(peer, tally, count) {
  const all = tally.expect(count);
  const began = process.hrtime.bigint();
  await peer.work();
  await all;
  const took = seconds(began);
  await peer.rest();
  const last = Number(tally.passed[5] - tally.passed[4]) / 1e9;
  return { count, seconds: took, lastRate: count / 5 / last };
}

async function produce(peer, count, pause) {
  for (let i = 0; i < count; i++) {
    await peer.enqueue(stamped());
    await sleep(pause);
  }
  return { count };
}

async function consume(peer, tally, count, say) {
  const all = tally.expect(count);
  await peer.work();
  say({ ready: true });
  await all;
  await peer.rest();
  return { pickUps: tally.pickUps };
}

export async function serve(peer, tally) {
  const say = (answer) => process.stdout.write(JSON.stringify(answer) + "\n");
  const verbs = {
    setup: async () => { await peer.setup(); return { ready: true }; },
    "enqueue-one": (o) => enqueueFor(peer, o.seconds, 1),
    "enqueue-concurrent": (o) => enqueueFor(peer, o.seconds, o.callers),
    "enqueue-many": (o) => enqueueMany(peer, o.count),
    drain: (o) => drain(peer, tally, o.count),
    produce: (o) => produce(peer, o.count, o.pause),
    consume: (o) => consume(peer, tally, o.count, say),
    work: async () => { await peer.work(); return { working: true }; },
  };
  for await (const line of createInterface({ input: process.stdin })) {
    const order = JSON.parse(line);
    if (order.do === "stop") break;
    const cpu = process.cpuUsage();
    const answer = await verbs[order.do](order);
    const spent = process.cpuUsage(cpu);
    say({ ...answer, cpu: (spent.user + spent.system) / 1e6, rss: process.resourceUsage().maxRSS / 1024 });
  }
  await peer.rest();
  process.exit(0);
}
