/** When a key is to stop by itself: the choices of a form, and what they come to. Pure; days are those of the reader. */
import { DAY_MS } from "../../../../worker/schemas/time.ts";

/** Lives of a key that are offered by name, in days. */
export const EXPIRY_DAYS = [30, 90, 180, 365] as const;
/** Long enough not to be in the way, short enough to be rotated by people who remember how. */
export const RECOMMENDED_DAYS = 90;

/** `keep` is for a key that exists already. */
export type ExpiryChoice = (typeof EXPIRY_DAYS)[number] | "date" | "never" | "keep";

export interface Expiry {
	choice: ExpiryChoice;
	/** As a date input gives it, `2026-11-22` or nothing; counts for the choice `date` only. */
	date: string;
}

/** The instant so many days from `now`, as ISO 8601. */
export const inDays = (days: number, now: number): string => new Date(now + days * DAY_MS).toISOString();

/**
 * The last millisecond of a day where the reader is, as ISO 8601. Empty for what is no day: that is no valid time either,
 * so it can never be taken for "never".
 */
export function endOfDay(date: string): string {
	const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(date)?.map(Number) ?? [];
	if (year === undefined || month === undefined || day === undefined) return "";
	const end = new Date(0);
	// Years below 100 would be taken for those of the last century by the constructor.
	end.setFullYear(year, month - 1, day);
	end.setHours(23, 59, 59, 999);
	// The 30th of February would come to a day in March.
	return dayOf(end.getTime()) === date ? end.toISOString() : "";
}

/** The day of an instant where the reader is, as a date input takes it. */
export function dayOf(now: number): string {
	const at = new Date(now);
	const pad = (value: number, length: number) => String(value).padStart(length, "0");
	return `${pad(at.getFullYear(), 4)}-${pad(at.getMonth() + 1, 2)}-${pad(at.getDate(), 2)}`;
}

/** What is wrong with the chosen date. */
export function dateProblem({ choice, date }: Expiry, now: number): "missing" | "past" | null {
	if (choice !== "date") return null;
	const end = endOfDay(date);
	if (end === "") return "missing";
	return Date.parse(end) <= now ? "past" : null;
}

/** For `keys.create`. Days are counted by the server from the moment it makes the key. */
export function expiryOfNewKey({ choice, date }: Expiry): { expires_in_days?: number; expires_at?: string } {
	if (choice === "never" || choice === "keep") return {};
	return choice === "date" ? { expires_at: endOfDay(date) } : { expires_in_days: choice };
}

/** For `keys.update`, which takes instants only. */
export function expiryOfChangedKey({ choice, date }: Expiry, now: number): { expires_at?: string | null } {
	if (choice === "keep") return {};
	if (choice === "never") return { expires_at: null };
	return { expires_at: choice === "date" ? endOfDay(date) : inDays(choice, now) };
}
