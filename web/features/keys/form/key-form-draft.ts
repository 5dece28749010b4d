/** A form about a key as it stands while somebody fills it in, and what it says to the server. Pure. */

import { type Environment, SCOPES, type Scope } from "../../../../db/enums.ts";
import type { ApiKey } from "../../../../worker/schemas/api-key.ts";
import { type Expiry, expiryOfChangedKey, expiryOfNewKey, RECOMMENDED_DAYS } from "./expiry.ts";
import type { CreateInput, UpdateInput } from "./validation.ts";

/** Every field as typed or chosen. */
export interface KeyDraft {
	name: string;
	environment: Environment;
	scopes: readonly Scope[];
	unrestricted: boolean;
	/** The person has said that they know what unrestricted means. */
	understood: boolean;
	rateLimit: string;
	expiry: Expiry;
	/** One address or block per line. */
	addresses: string;
}

/** What the server takes for a limit when none is given, too. */
const RATE_LIMIT_DEFAULT = 1_000;

export const newDraft = (environment: Environment, format: (value: number) => string): KeyDraft => ({
	name: "",
	environment,
	scopes: ["default:sync"],
	unrestricted: false,
	understood: false,
	rateLimit: format(RATE_LIMIT_DEFAULT),
	expiry: { choice: RECOMMENDED_DAYS, date: "" },
	addresses: "",
});

export const draftOf = (key: ApiKey, format: (value: number) => string): KeyDraft => ({
	name: key.name,
	environment: key.environment,
	scopes: SCOPES.filter((scope) => key.scopes.includes(scope)),
	unrestricted: key.scopes.length === 0,
	// Whoever made it so has said it then.
	understood: key.scopes.length === 0,
	rateLimit: format(key.rate_limit),
	expiry: { choice: "keep", date: "" },
	addresses: key.ip_allowlist.join("\n"),
});

/**
 * The number of a text of digits, with or without one of the separators that people write between thousands: 1000,
 * 1,000, 1.000, 1 000. NaN for anything else; a limit has no fractions, so there is nothing to confuse them with.
 */
export function parseCount(text: string): number {
	const trimmed = text.trim();
	const isCount = /^\d+$/.test(trimmed) || /^\d{1,3}([.,'’\s])\d{3}(\1\d{3})*$/.test(trimmed);
	return isCount ? Number(trimmed.replace(/\D/g, "")) : Number.NaN;
}

/** An entry of the list of addresses, and the line it stands on, counted from one. */
export interface AddressEntry {
	text: string;
	line: number;
}

/** Entries are separated by lines, and within one by commas. */
export function addressEntries(text: string): AddressEntry[] {
	return text.split("\n").flatMap((content, index) =>
		content
			.split(",")
			.map((part) => ({ text: part.trim(), line: index + 1 }))
			.filter((entry) => entry.text !== ""),
	);
}

/**
 * The scopes that were chosen. An empty list is no restriction at all, so only the choice that says so comes to one;
 * undefined where nothing valid is chosen yet.
 */
export function chosenScopes({ unrestricted, understood, scopes }: KeyDraft): Scope[] | undefined {
	if (unrestricted) return understood ? [] : undefined;
	return scopes.length === 0 ? undefined : [...scopes];
}

const settingsOf = (draft: KeyDraft) => {
	const scopes = chosenScopes(draft);
	return {
		name: draft.name,
		...(scopes ? { scopes } : {}),
		rate_limit: parseCount(draft.rateLimit),
		ip_allowlist: addressEntries(draft.addresses).map(({ text }) => text),
	};
};

/** To be sent only when nothing is wrong with the draft. */
export const createInput = (draft: KeyDraft): CreateInput => ({
	...settingsOf(draft),
	environment: draft.environment,
	...expiryOfNewKey(draft.expiry),
});

/** Every setting of the draft, to be checked as a whole. */
export const updateInput = (id: string, draft: KeyDraft, now: number): UpdateInput => ({
	id,
	...settingsOf(draft),
	...expiryOfChangedKey(draft.expiry, now),
});

/** The settings in which the draft differs from the key; without any when there is nothing to save. */
export function changesOf(key: ApiKey, draft: KeyDraft, now: number): Omit<UpdateInput, "id" | "tenant_id"> {
	const { name, scopes, rate_limit, ip_allowlist } = settingsOf(draft);
	return {
		...(name.trim() === key.name ? {} : { name }),
		...(scopes === undefined || sameSet(scopes, key.scopes) ? {} : { scopes }),
		...(rate_limit === key.rate_limit ? {} : { rate_limit }),
		...(sameSet(ip_allowlist, key.ip_allowlist) ? {} : { ip_allowlist }),
		...expiryOfChangedKey(draft.expiry, now),
	};
}

/** Order means nothing in lists of scopes and addresses. */
const sameSet = (a: readonly string[], b: readonly string[]) =>
	a.every((entry) => b.includes(entry)) && b.every((entry) => a.includes(entry));
