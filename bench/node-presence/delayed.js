// BullMQ as its manual shows it: one delayed job for each moment, one worker with default settings.
// Reads the moments (milliseconds since 1970) from standard input as a JSON list, says "ready" when all jobs are added,
// and prints how late each one was handled, in milliseconds, when the last one was.
import { Queue, Worker } from "bullmq";
import { Redis } from "ioredis";

const connection = new Redis(process.env.CAIRN_REDIS_URL, { maxRetriesPerRequest: null });
const name = `expiry-${process.pid}`;
const queue = new Queue(name, { connection });

async function input() {
  const chunks = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString());
}

const moments = await input();
const late = [];
const done = new Promise((resolve) => {
  const handle = async (job) => {
    late.push(performance.timeOrigin + performance.now() - job.data.at);
    if (late.length === moments.length) resolve();
  };
  new Worker(name, handle, { connection });
});
await Promise.all(
  moments.map((at) => queue.add("expire", { at }, { delay: at - Date.now() })),
);
console.log("ready");
await done;
console.log(JSON.stringify(late));
process.exit(0);
