/** Random text and ids. */
import { customAlphabet } from "nanoid";

/** Base 62, in ASCII order. A double click selects such text whole, and a URL needs no escaping. */
export const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** 20 characters hold 119 random bits: ids don't collide and can't be guessed. */
const ID_LENGTH = 20;

/** Random characters of the alphabet, uniformly distributed, from a cryptographic source. */
export const randomText = customAlphabet(ALPHABET, ID_LENGTH);

/** A new id whose prefix names the kind of row: `evt_…`, `lead_…`. */
export const newId = (
	kind: "ten" | "usr" | "ses" | "evt" | "col" | "act" | "lead" | "job" | "dev" | "lnk" | "tok",
): string => `${kind}_${randomText()}`;

/** The tenant of the canary. It is created by the service itself, and its keys live for seconds. */
export const CANARY_TENANT_ID = "ten_canary";
