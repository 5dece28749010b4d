/** The form of a key while it is filled in, and the input for the service that it stands for. Pure. */

import { type Authentication, type Environment, SCOPES, type Scope } from "../../../../db/enums.ts";
import type { ApiKey, CreateInput, UpdateInput } from "../../../api/types.ts";
import { type Expiry, expiryOfChangedKey, expiryOfNewKey, RECOMMENDED_DAYS } from "./expiry.ts";

/** Every field as typed or chosen. */
export interface KeyDraft {
	name: string;
	environment: Environment;
	authentication: Authentication;
	scopes: readonly Scope[];
	unrestricted: boolean;
	/** The person has confirmed that they know what unrestricted means. */
	understood: boolean;
	rateLimit: string;
	expiry: Expiry;
	/** One IP address or block per line. */
	addresses: string;
}

/** Also the service's default. */
const RATE_LIMIT_DEFAULT = 1_000;

export const newDraft = (environment: Environment, format: (value: number) => string): KeyDraft => ({
	name: "",
	environment,
	authentication: "bearer",
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
	authentication: key.authentication,
	scopes: SCOPES.filter((scope) => key.scopes.includes(scope)),
	unrestricted: key.scopes.length === 0,
	// Confirmed when the key became unrestricted.
	understood: key.scopes.length === 0,
	rateLimit: format(key.rate_limit),
	expiry: { choice: "keep", date: "" },
	addresses: key.ip_allowlist.join("\n"),
});

/** A new key with the settings of another one. What is risky has to be confirmed again, and the lifetime chosen again. */
export const draftLike = (key: ApiKey, format: (value: number) => string): KeyDraft => ({
	...draftOf(key, format),
	understood: false,
	expiry: { choice: RECOMMENDED_DAYS, date: "" },
});

/**
 * Parses a whole number with or without a thousands separator: 1000, 1,000, 1.000, 1 000. NaN for anything else. A limit
 * has no fractions, so a dot or comma is always a thousands separator.
 */
export function parseCount(text: string): number {
	const trimmed = text.trim();
	const isCount = /^\d+$/.test(trimmed) || /^\d{1,3}([.,'’\s])\d{3}(\1\d{3})*$/.test(trimmed);
	return isCount ? Number(trimmed.replace(/\D/g, "")) : Number.NaN;
}

/** An entry of the IP allow-list and its line, counted from one. */
export interface AddressEntry {
	text: string;
	line: number;
}

/** Splits entries at line breaks and commas. */
export function addressEntries(text: string): AddressEntry[] {
	return text.split("\n").flatMap((content, index) =>
		content
			.split(",")
			.map((part) => ({ text: part.trim(), line: index + 1 }))
			.filter((entry) => entry.text !== ""),
	);
}

/**
 * The chosen scopes. An empty list means unrestricted, so only that explicit choice yields one. Undefined if nothing valid
 * is chosen.
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

/** Send it only if the draft has no errors. */
export const createInput = (draft: KeyDraft): CreateInput => ({
	...settingsOf(draft),
	environment: draft.environment,
	...(draft.authentication === "bearer" ? {} : { authentication: draft.authentication }),
	...expiryOfNewKey(draft.expiry),
});

/** Every setting of the draft, for validation. */
export const updateInput = (id: string, draft: KeyDraft, now: number): UpdateInput => ({
	id,
	...settingsOf(draft),
	...expiryOfChangedKey(draft.expiry, now),
});

/** The settings in which the draft differs from the key. Empty if there is nothing to save. */
export function changesOf(key: ApiKey, draft: KeyDraft, now: number): Omit<UpdateInput, "id" | "tenant_id"> {
	const { name, scopes, rate_limit, ip_allowlist } = settingsOf(draft);
	return {
		...(name.trim() === key.name ? {} : { name }),
		...(scopes === undefined || sameSet(scopes, key.scopes) ? {} : { scopes }),
		// The form has asked whether every endpoint is meant.
		...(scopes?.length === 0 && key.scopes.length > 0 ? { unrestricted: true } : {}),
		...(rate_limit === key.rate_limit ? {} : { rate_limit }),
		...(sameSet(ip_allowlist, key.ip_allowlist) ? {} : { ip_allowlist }),
		...expiryOfChangedKey(draft.expiry, now),
	};
}

/** The order of scopes and IP addresses has no meaning. */
const sameSet = (a: readonly string[], b: readonly string[]) =>
	a.every((entry) => b.includes(entry)) && b.every((entry) => a.includes(entry));
