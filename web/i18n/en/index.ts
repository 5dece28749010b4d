/** English. The measure of the other languages: each has exactly these texts. */
import { audit } from "./audit.ts";
import { common } from "./common.ts";
import { create } from "./create.ts";
import { key } from "./key.ts";
import { keys } from "./keys.ts";
import { revokeDelete } from "./revoke-delete.ts";
import type { rotate } from "./rotate.ts";

/** Without the texts of a rotation, which load with its screen. */
export const en = { ...common, keys, create, key, revokeDelete, audit };

/** Every text of the page. A language that lacks one does not compile, because English defines the type. */
export type Words = typeof en & { rotate: typeof rotate };
