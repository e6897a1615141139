// The old way: set a status that expires on grpc-js, node-postgres and BullMQ. It reads the row, cancels its job, adds
// another one and updates the row, as the system before ours did; it serves SetStatus of the same contract.
import { readFileSync } from "node:fs";
import grpc from "@grpc/grpc-js";
import { loadFileDescriptorSetFromBuffer } from "@grpc/proto-loader";
import { Queue } from "bullmq";
import { Redis } from "ioredis";
import jwt from "jsonwebtoken";
import pg from "pg";

const image = readFileSync(new URL("../../gen/cairn.binpb", import.meta.url));
const definition = loadFileDescriptorSetFromBuffer(image, { longs: Number, enums: String, defaults: true, oneofs: true });
const { PresenceService } = grpc.loadPackageDefinition(definition).cairn.presence.v1;

const database = new pg.Pool({ connectionString: process.env.CAIRN_DATABASE_URL, max: 16 });
const connection = new Redis(process.env.CAIRN_REDIS_URL, { maxRetriesPerRequest: null });
const queue = new Queue("status-expiry", { connection });
const SECONDS = { s: 1, m: 60, h: 3600, d: 86400 };
const verified = new Map();

await database.query(`
  create schema if not exists peer;
  create table if not exists peer.status (
    user_id text primary key, emoji text not null, text text not null, dnd boolean not null,
    expires_at timestamptz, job_id text, updated_at timestamptz not null
  )`);

// A verified token is remembered until it expires, as ours does.
function userOf(authorization) {
  const known = verified.get(authorization);
  if (known && known.exp * 1000 > Date.now()) return known.sub;
  const options = { algorithms: ["HS256"], issuer: "cairn", audience: "cairn" };
  const claims = jwt.verify(authorization.replace(/^Bearer /, ""), process.env.CAIRN_JWT_SECRET, options);
  verified.set(authorization, claims);
  return claims.sub;
}

function seconds(text) {
  return Number(text.slice(0, -1)) * SECONDS[text.at(-1)];
}

async function setStatus(user, request) {
  const { rows } = await database.query("select * from peer.status where user_id = $1", [user]);
  if (rows[0]?.job_id) await queue.remove(rows[0].job_id);
  const now = Date.now();
  const delay = seconds(request.expires_in) * 1000;
  const job = await queue.add("expire", { user }, { delay, jobId: `status-${user}` });
  const { emoji, text, dnd } = request;
  const values = [user, emoji, text, dnd ?? false, new Date(now + delay), job.id, new Date(now)];
  await database.query(
    `insert into peer.status values ($1, $2, $3, $4, $5, $6, $7) on conflict (user_id) do update set emoji = $2,
       text = $3, dnd = $4, expires_at = $5, job_id = $6, updated_at = $7`,
    values,
  );
  return encode(user, request, now, delay);
}

function timestamp(milliseconds) {
  return { seconds: Math.floor(milliseconds / 1000), nanos: (milliseconds % 1000) * 1e6 };
}

function encode(user, { emoji, text, dnd }, now, delay) {
  const times = { set_time: timestamp(now), expires_time: timestamp(now + delay) };
  const claim = { id: "manual", source: "manual", priority: 50, emoji, text, dnd: dnd ?? false, ...times };
  return { user_id: user, effective: claim, claims: [claim] };
}

const server = new grpc.Server();
server.addService(PresenceService.service, {
  async SetStatus(call, callback) {
    try {
      callback(null, await setStatus(userOf(String(call.metadata.get("authorization")[0])), call.request));
    } catch (error) {
      callback({ code: grpc.status.INTERNAL, details: String(error) });
    }
  },
});
server.bindAsync(process.env.PEER_LISTEN, grpc.ServerCredentials.createInsecure(), (error) => {
  if (error) throw error;
  console.log("serving");
});
