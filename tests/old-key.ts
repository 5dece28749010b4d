/** Keys of another system, as they are imported. Runs in Node and in workerd. */
import { hashSync } from "bcryptjs";
import { customAlphabet } from "nanoid";
import type { Environment } from "../db/enums.ts";

const random = customAlphabet("0123456789abcdefghijklmnopqrstuvwxyz", 32);

/** A key as the other system hands it out. */
export const oldKey = (environment: Environment = "live"): string => `sk_${environment}_${random()}`;

/** The lowest cost of bcrypt: 64 times cheaper than usual. */
const LOWEST_COST = 4;

export const bcrypt = (key: string): string => hashSync(key, LOWEST_COST);

/** What the other system knows of a key. */
export const exported = (key: string, more: Record<string, unknown> = {}) => ({
	name: "Website form",
	environment: key.slice(3, 7),
	key_prefix: key.slice(0, 16),
	hash: bcrypt(key),
	hash_kind: "bcrypt",
	scopes: [],
	rate_limit: 1_000,
	created_at: "2025-03-14T09:26:53.000Z",
	...more,
});
