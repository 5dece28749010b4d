/** Settings that another person has changed while a form was open. Pure. */
import type { ApiKey } from "../../../api/types.ts";
import { changesOf, draftOf, type KeyDraft } from "./key-form-draft.ts";

/** The settings that the form edits, named as the service names them. */
const SETTINGS = ["name", "scopes", "rate_limit", "expires_at", "ip_allowlist"] as const;
export type Setting = (typeof SETTINGS)[number];

/** A setting that another person has changed. */
export interface ChangedSetting {
	setting: Setting;
	theirs: ApiKey[Setting];
	/** The value in the form, if this person has changed the setting, too. */
	mine: ApiKey[Setting] | undefined;
}

/** The settings in which `theirs` differs from `base`, the key as it was when the form opened. */
export function changedByOthers(base: ApiKey, theirs: ApiKey, draft: KeyDraft, now: number): ChangedSetting[] {
	const mine = changesOf(base, draft, now);
	return SETTINGS.filter((setting) => !isEqual(base[setting], theirs[setting])).map((setting) => ({
		setting,
		theirs: theirs[setting],
		mine: mine[setting],
	}));
}

/** What to change in a draft to take their value of these settings. */
export function takeTheirs(
	theirs: ApiKey,
	settings: readonly Setting[],
	format: (value: number) => string,
): Partial<KeyDraft> {
	const fresh = draftOf(theirs, format);
	const fields: Record<Setting, Partial<KeyDraft>> = {
		name: { name: fresh.name },
		scopes: { scopes: fresh.scopes, unrestricted: fresh.unrestricted, understood: fresh.understood },
		rate_limit: { rateLimit: fresh.rateLimit },
		expires_at: { expiry: fresh.expiry },
		ip_allowlist: { addresses: fresh.addresses },
	};
	return Object.assign({}, ...settings.map((setting) => fields[setting]));
}

/** The order of scopes and IP addresses has no meaning. */
const isEqual = (a: ApiKey[Setting], b: ApiKey[Setting]): boolean => inOrder(a) === inOrder(b);
const inOrder = (value: ApiKey[Setting]) => JSON.stringify(Array.isArray(value) ? value.toSorted() : value);
