// Set as its own page on performance says: a local queue, completions in batches.
import { Logger, makeWorkerUtils, run, runMigrations } from "graphile-worker";
import { serve, Tally } from "./peer.mjs";

const connectionString = process.argv[2];
const tally = new Tally();
const name = "no-op";
const quiet = new Logger(() => () => {});
let utils, runner;

const preset = {
  worker: {
    connectionString,
    concurrentJobs: 50,
    maxPoolSize: 10,
    localQueue: { size: 500 },
    completeJobBatchDelay: 0,
    failJobBatchDelay: 0,
    logger: quiet,
  },
};

await serve({
  batch: 500,
  setup: async () => {
    await runMigrations({ connectionString, logger: quiet });
    utils = await makeWorkerUtils({ connectionString, logger: quiet });
  },
  enqueue: (payload) => utils.addJob(name, payload),
  enqueueMany: (payloads) => utils.addJobs(payloads.map((payload) => ({ identifier: name, payload }))),
  work: async () => {
    runner = await run({ preset, taskList: { [name]: async (payload) => tally.add(payload) }, parsedCronItems: [], noHandleSignals: true });
  },
  rest: async () => {
    const running = runner;
    runner = undefined;
    await running?.stop();
  },
}, tally);
