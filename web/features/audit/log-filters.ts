/** What the log is narrowed to, as its address says it: it can be linked to, reloaded and gone back to. Pure. */
import type { AuditAction } from "../../../db/enums.ts";
import type { AuditFilters } from "../../api/queries.ts";
import { withoutSecret } from "../keys/without-secret.ts";

export interface LogFilters {
	/** Null: everything. */
	action: AuditAction | null;
	/** Email address or id, as typed; empty: anybody. */
	who: string;
	/** Null: all keys, and what is not about a key. */
	keyId: string | null;
	/** First day, `2026-11-22`, where the reader is. */
	from: string | null;
	/** Last day, inclusive. */
	to: string | null;
}

export const NO_FILTERS: LogFilters = { action: null, who: "", keyId: null, from: null, to: null };

/** As in the schema of the server. */
const WHO_MAX = 254;
const KEY_ID_MAX = 64;

/** The parts of an address's query string that the log reads; `undefined` takes one out. */
export type LogParams = Record<"action" | "who" | "key_id" | "from" | "to", string | undefined>;

/** Unknown words in an address are as good as none: somebody may have typed it. */
export function filtersOf(
	params: Partial<Record<string, string | string[]>>,
	actions: readonly AuditAction[],
): LogFilters {
	const text = (name: keyof LogParams, max: number) => {
		const value = params[name];
		return typeof value === "string" ? withoutSecret(value.trim()).slice(0, max) : "";
	};
	const day = (name: "from" | "to") => {
		const value = text(name, 10);
		return isDay(value) ? value : null;
	};
	return {
		action: actions.find((action) => action === params.action) ?? null,
		who: text("who", WHO_MAX),
		keyId: text("key_id", KEY_ID_MAX) || null,
		from: day("from"),
		to: day("to"),
	};
}

/** The address of a log. What is not narrowed is left out of it. */
export function paramsOf({ action, who, keyId, from, to }: LogFilters): LogParams {
	return {
		action: action ?? undefined,
		who: withoutSecret(who.trim()) || undefined,
		key_id: keyId ?? undefined,
		from: from ?? undefined,
		to: to ?? undefined,
	};
}

/** How many of the filters are in use. */
export const howMany = (filters: LogFilters): number =>
	Object.values(paramsOf(filters)).filter((value) => value !== undefined).length;

export const isNarrowed = (filters: LogFilters): boolean => howMany(filters) > 0;

/** Whether the days contradict each other: then there is nothing to ask for. */
export const isWrongOrder = ({ from, to }: Pick<LogFilters, "from" | "to">): boolean =>
	from !== null && to !== null && from > to;

/**
 * Whether it is a day there can be events on: one that exists, and no year that is still being typed (`0202` on the way
 * to 2026).
 */
export function isDay(text: string): boolean {
	if (!/^2\d{3}-\d{2}-\d{2}$/.test(text)) return false;
	const at = new Date(`${text}T00:00:00Z`);
	return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text);
}

/** What the server is asked for: whole days of the reader, from the first instant to the one after the last. */
export function queryOf({ action, who, keyId, from, to }: LogFilters): AuditFilters {
	return {
		...(action === null ? {} : { action }),
		...(who.trim() === "" ? {} : { actor: who.trim() }),
		...(keyId === null ? {} : { key_id: keyId }),
		...(from === null ? {} : { from: startOfDay(from, 0) }),
		...(to === null ? {} : { to: startOfDay(to, 1) }),
	};
}

/** Midnight where the reader is, `later` days after. Not every day has 24 hours, so the calendar counts them. */
function startOfDay(day: string, later: number): string {
	const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
	return new Date(year, month - 1, date + later).toISOString();
}
