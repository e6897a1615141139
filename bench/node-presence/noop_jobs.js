// No-op jobs a second of BullMQ, as its manual shows it: first all are added, sixteen calls in flight, then one worker
// works them off. Arguments: how many, and how many at a time.
import { Queue, Worker } from "bullmq";
import { Redis } from "ioredis";

const [count, slots] = process.argv.slice(2).map(Number);
const connection = new Redis(process.env.CAIRN_REDIS_URL, { maxRetriesPerRequest: null });
const name = `noop-${process.pid}`;
const queue = new Queue(name, { connection });

let begun = 0;
const some = async () => {
  while (begun++ < count) await queue.add("noop", {});
};
let started = performance.now();
await Promise.all(Array.from({ length: 16 }, some));
const add = count / ((performance.now() - started) / 1000);

started = performance.now();
let left = count;
await new Promise((resolve) => {
  const worker = new Worker(name, async () => {}, { connection, concurrency: slots });
  worker.on("completed", () => {
    if (--left === 0) resolve();
  });
});
console.log(JSON.stringify({ add, work: count / ((performance.now() - started) / 1000) }));
process.exit(0);
