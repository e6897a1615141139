// The contract and the credential, as both Node peers need them.
import { readFileSync } from "node:fs";
import grpc from "@grpc/grpc-js";
import { loadFileDescriptorSetFromBuffer } from "@grpc/proto-loader";
import jwt from "jsonwebtoken";

const image = readFileSync(new URL("../../gen/cairn.binpb", import.meta.url));
const definition = loadFileDescriptorSetFromBuffer(image, { longs: Number, enums: String, defaults: true, oneofs: true });

export const { BookmarkService } = grpc.loadPackageDefinition(definition).cairn.bookmarks.v1;

const verified = new Map();

// Verifies "Bearer <jwt>"; a verified token is remembered until it expires, as ours does.
export function userOf(authorization) {
  const known = verified.get(authorization);
  if (known && known.exp * 1000 > Date.now()) return known.sub;
  const claims = jwt.verify(authorization.replace(/^Bearer /, ""), process.env.CAIRN_JWT_SECRET, {
    algorithms: ["HS256"],
    issuer: "cairn",
    audience: "cairn",
  });
  verified.set(authorization, claims);
  return claims.sub;
}
