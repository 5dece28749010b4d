import { formatRelativeLong, formatSpan } from "../../i18n/format.ts";

/** The clock here and the server's differ a little; nothing that has happened may seem to lie ahead. */
const LEAST_MS = 1_000;

const passed = (iso: string, now: number) => Math.max(LEAST_MS, now - Date.parse(iso));

/** How long ago something was, for a sentence: `12 seconds ago`. At least a second. */
export function formatAgo(iso: string, now: number): string {
	return formatRelativeLong(new Date(now - passed(iso, now)).toISOString(), now);
}

/** How long it has lasted since, rounded down: `12 minutes`. At least a second. */
export const formatSince = (iso: string, now: number): string => formatSpan(-passed(iso, now));

/** How long until something ahead: `23 hours`. At least a second. */
export const formatUntil = (iso: string, now: number): string => formatSpan(Math.max(LEAST_MS, Date.parse(iso) - now));
