/** Brazilian Portuguese, written for its readers rather than translated. */
import type { Words } from "../en/index.ts";
import { audit } from "./audit.ts";
import { common } from "./common.ts";
import { create } from "./create.ts";
import { key } from "./key.ts";
import { keys } from "./keys.ts";
import { revokeDelete } from "./revoke-delete.ts";
import { rotate } from "./rotate.ts";

export const ptBR: Words = { ...common, keys, create, key, rotate, revokeDelete, audit };
