/** Brazilian Portuguese, written for its readers rather than translated. */
import type { FirstWords } from "../en/index.ts";
import { common } from "./common.ts";
import { create } from "./create.ts";
import { key } from "./key.ts";
import { keys } from "./keys.ts";
import { revokeDelete } from "./revoke-delete.ts";

export const ptBR: FirstWords = { ...common, keys, create, key, revokeDelete };
