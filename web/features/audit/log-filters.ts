/** The filters of the log and the query string that holds them, so that a log can be linked to and reloaded. Pure. */
import type { AuditAction } from "../../../db/enums.ts";
import type { AuditFilters } from "../../api/queries.ts";
import { withoutSecret } from "../../key-secret.ts";

export interface LogFilters {
	/** Null: every action. */
	action: AuditAction | null;
	/** Email or id, as typed. Empty: everyone. */
	who: string;
	/** Null: all keys, and events that are not about a key. */
	keyId: string | null;
	/** First day, `2026-11-22`, in the reader's time zone. */
	from: string | null;
	/** Last day, inclusive. */
	to: string | null;
}

export const NO_FILTERS: LogFilters = { action: null, who: "", keyId: null, from: null, to: null };

/** As in the service's schema. */
const WHO_MAX = 254;
const KEY_ID_MAX = 64;

/** The query parameters that the log reads. `undefined` removes one. */
export type LogParams = Record<"action" | "who" | "key_id" | "from" | "to", string | undefined>;

/** Ignores unknown values, since a person may have edited the URL. */
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

/** The query parameters of a log, without filters that are not in use. */
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
export const countFilters = (filters: LogFilters): number =>
	Object.values(paramsOf(filters)).filter((value) => value !== undefined).length;

export const isNarrowed = (filters: LogFilters): boolean => countFilters(filters) > 0;

/** Whether the first day is after the last, so that nothing can match. */
export const isWrongOrder = ({ from, to }: Pick<LogFilters, "from" | "to">): boolean =>
	from !== null && to !== null && from > to;

/** Whether it is a real day from 2000 on. While a person types 2026, the year is `0202` for a moment. */
export function isDay(text: string): boolean {
	if (!/^2\d{3}-\d{2}-\d{2}$/.test(text)) return false;
	const at = new Date(`${text}T00:00:00Z`);
	return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text);
}

/** The filters as the service takes them. Days are the reader's, from midnight to the midnight after the last day. */
export function queryOf({ action, who, keyId, from, to }: LogFilters): AuditFilters {
	return {
		...(action === null ? {} : { action }),
		...(who.trim() === "" ? {} : { actor: who.trim() }),
		...(keyId === null ? {} : { key_id: keyId }),
		...(from === null ? {} : { from: startOfDay(from, 0) }),
		...(to === null ? {} : { to: startOfDay(to, 1) }),
	};
}

/** Local midnight, `later` days after `day`. Counts calendar days, since not every day has 24 hours. */
function startOfDay(day: string, later: number): string {
	const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
	return new Date(year, month - 1, date + later).toISOString();
}
