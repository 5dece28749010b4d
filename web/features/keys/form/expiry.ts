/** The choices for a key's expiry, and the times they stand for. Days are in the reader's time zone. Pure. */
import { DAY_MS } from "../../../../worker/schemas/time.ts";

/** Lifetimes on offer, in days. */
export const EXPIRY_DAYS = [30, 90, 180, 365] as const;
/** Rarely in the way, and rotated often enough that people remember how. */
export const RECOMMENDED_DAYS = 90;

/** `keep` is only for a key that exists. */
export type ExpiryChoice = (typeof EXPIRY_DAYS)[number] | "date" | "never" | "keep";

export interface Expiry {
	choice: ExpiryChoice;
	/** The value of the date input, `2026-11-22` or empty. Only used with the choice `date`. */
	date: string;
}

/** The time `days` after `now`, as ISO 8601. */
export const inDays = (days: number, now: number): string => new Date(now + days * DAY_MS).toISOString();

/**
 * The last millisecond of a day in the reader's time zone, as ISO 8601: the next midnight less one. 23:59:59.999 would be
 * wrong where clocks change at midnight, since that time may come twice. Empty if it is not a real day: the service
 * rejects an empty time, so it can't be mistaken for "never".
 */
export function endOfDay(date: string): string {
	const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(date)?.map(Number) ?? [];
	if (year === undefined || month === undefined || day === undefined) return "";
	const end = new Date(0);
	// The constructor would read years below 100 as 19xx.
	end.setFullYear(year, month - 1, day + 1);
	// If this midnight does not exist, `Date` takes the moment when clocks skip it.
	end.setHours(0, 0, 0, 0);
	end.setTime(end.getTime() - 1);
	// February 30 would become a day in March.
	return dayOf(end.getTime()) === date ? end.toISOString() : "";
}

/** The day of a time in the reader's time zone, as a date input takes it. */
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

/** For `keys.create`. The service counts the days from when it creates the key. */
export function expiryOfNewKey({ choice, date }: Expiry): { expires_in_days?: number; expires_at?: string } {
	if (choice === "never" || choice === "keep") return {};
	return choice === "date" ? { expires_at: endOfDay(date) } : { expires_in_days: choice };
}

/** For `keys.update`, which takes only times. */
export function expiryOfChangedKey({ choice, date }: Expiry, now: number): { expires_at?: string | null } {
	if (choice === "keep") return {};
	if (choice === "never") return { expires_at: null };
	return { expires_at: choice === "date" ? endOfDay(date) : inDays(choice, now) };
}
