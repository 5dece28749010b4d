import type { Words } from "../index.ts";

export const key: Words["key"] = {};
