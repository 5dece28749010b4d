import type { Words } from "../index.ts";

export const create: Words["create"] = {};
