/** English. The measure of the other languages: each has exactly these texts. */
import type { audit } from "./audit.ts";
import { common } from "./common.ts";
import { create } from "./create.ts";
import { key } from "./key.ts";
import { keys } from "./keys.ts";
import type { members } from "./members.ts";
import type { operations } from "./operations.ts";
import type { platform } from "./platform.ts";
import { revokeDelete } from "./revoke-delete.ts";
import type { rotate } from "./rotate.ts";
import type { sandbox } from "./sandbox.ts";
import type { sessions } from "./sessions.ts";
import type { signIn } from "./sign-in.ts";
import type { tokens } from "./tokens.ts";

/** Without the texts that load with their screens. */
export const en = { ...common, keys, create, key, revokeDelete };

export type FirstWords = typeof en;

/** Texts that load with their screens. */
export interface LaterWords {
	audit: typeof audit;
	members: typeof members;
	operations: typeof operations;
	platform: typeof platform;
	rotate: typeof rotate;
	sandbox: typeof sandbox;
	sessions: typeof sessions;
	signIn: typeof signIn;
	tokens: typeof tokens;
}

/** Every text of the page. A language that lacks one does not compile, because English defines the type. */
export type Words = FirstWords & LaterWords;
