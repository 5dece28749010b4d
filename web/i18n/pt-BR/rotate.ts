import type { Words } from "../index.ts";

export const rotate: Words["rotate"] = {};
