/** Brazilian Portuguese, written for its readers rather than translated. */
import type { Words } from "../en/index.ts";
import { audit } from "./audit.ts";
import { common } from "./common.ts";
import { create } from "./create.ts";
import { key } from "./key.ts";
import { keys } from "./keys.ts";
import { revokeDelete } from "./revoke-delete.ts";

export const ptBR: Omit<Words, "rotate"> = { ...common, keys, create, key, revokeDelete, audit };
