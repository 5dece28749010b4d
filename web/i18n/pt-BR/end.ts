import type { Words } from "../index.ts";

export const end: Words["end"] = {};
