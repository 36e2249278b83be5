// Set as its own docs say for throughput: large batches, two workers, no pause while batches come full; and notifications for latency.
import { PgBoss } from "pg-boss";
import { serve, Tally } from "./peer.mjs";

const tally = new Tally();
const queue = "no-op";
const boss = new PgBoss({ connectionString: process.argv[2], useListenNotify: true, supervise: false, schedule: false });
boss.on("error", (error) => console.error(error));

await serve({
  batch: 1000,
  setup: async () => {
    await boss.start();
    if (!(await boss.getQueue(queue))) await boss.createQueue(queue, { notify: true });
  },
  enqueue: (payload) => boss.send(queue, payload),
  enqueueMany: (payloads) => boss.insert(queue, payloads.map((data) => ({ data }))),
  work: () => boss.work(queue, { batchSize: 500, localConcurrency: 2, pollingIntervalSeconds: 0.5, burstWhenBatchFull: true }, async (jobs) => {
    for (const job of jobs) tally.add(job.data);
  }),
  rest: () => boss.offWork(queue, { wait: true }).catch(() => {}),
}, tally);
