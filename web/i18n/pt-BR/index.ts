/** Brazilian Portuguese, written for its readers rather than translated. */
import type { Words } from "../index.ts";
import { audit } from "./audit.ts";
import { common } from "./common.ts";
import { create } from "./create.ts";
import { end } from "./end.ts";
import { key } from "./key.ts";
import { keys } from "./keys.ts";
import { rotate } from "./rotate.ts";

export const ptBR: Words = { ...common, keys, create, key, rotate, end, audit };
