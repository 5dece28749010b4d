/** Formats objects of the service as facts and table rows. */
import type { RouterOutputs } from "../index.ts";
import { safeText } from "./safe-text.ts";
import { styled } from "./terminal.ts";

export type ApiKey = RouterOutputs["keys"]["list"]["items"][number];
export type AuditEvent = RouterOutputs["audit"]["list"]["items"][number];

const STEPS: [Intl.RelativeTimeFormatUnit, milliseconds: number][] = [
	["day", 86_400_000],
	["hour", 3_600_000],
	["minute", 60_000],
	["second", 1_000],
];
const relative = new Intl.RelativeTimeFormat("en", { style: "short" });

/** `3 hr. ago`, `in 89 days`. */
export function fromNow(iso: string | null, now: number): string {
	if (iso === null) return "never";
	const distance = Date.parse(iso) - now;
	if (Math.abs(distance) < 1_000) return "now";
	const [unit, ms] = STEPS.find(([, ms]) => Math.abs(distance) >= ms) ?? ["second", 1_000];
	return relative.format(Math.trunc(distance / ms), unit);
}

/** `2026-11-24 05:56:42 UTC`. */
export const instant = (iso: string): string => iso.replace("T", " ").replace(/(\.\d+)?Z$/, " UTC");

export const keyOf = ({ key_prefix, last_four }: { key_prefix: string; last_four: string }): string =>
	`${key_prefix}…${last_four}`;

export const scopesOf = (scopes: readonly string[]): string =>
	scopes.length === 0 ? "UNRESTRICTED" : scopes.join(", ");

const STATUS_STYLES = { active: "green", revoked: "red", expired: "yellow" } as const;

export const statusOf = (status: ApiKey["status"]): string => styled(STATUS_STYLES[status], status);

const timesOf = (count: number): string => (count === 1 ? "once" : `${count} times`);

/** Columns of a list of keys. */
export const KEY_HEADING = ["ID", "NAME", "KEY", "SCOPES", "LIMIT/H", "USED", "LAST USED", "EXPIRES", "STATUS"];

/** Columns to drop on a narrow terminal, in this order: limit, expiry, scopes, last use, use. */
export const KEY_DROPPABLE = [4, 7, 3, 6, 5];

export const keyRow = (key: ApiKey, now: number): string[] => [
	key.id,
	safeText(key.name),
	key.authentication === "signed" ? `${keyOf(key)} signed` : keyOf(key),
	scopesOf(key.scopes),
	String(key.rate_limit),
	String(key.usage_count),
	fromNow(key.last_used_at, now),
	fromNow(key.expires_at, now),
	statusOf(key.status),
];

/** All facts about one key. */
export function keyFacts(key: Omit<ApiKey, "recent_usage">, now: number): [string, string][] {
	const at = (iso: string | null) => (iso === null ? "never" : `${instant(iso)} (${fromNow(iso, now)})`);
	const facts: [string, string | null][] = [
		["Id", key.id],
		["Name", safeText(key.name)],
		["Key", keyOf(key)],
		["Status", statusOf(key.status)],
		["Environment", key.environment],
		["Authentication", key.authentication === "signed" ? "signed requests" : null],
		["Scopes", scopesOf(key.scopes)],
		["Limit", `${key.rate_limit} requests per hour`],
		["Allowed IPs", key.ip_allowlist.length === 0 ? "any" : key.ip_allowlist.join(", ")],
		["Used", key.last_used_at === null ? "never" : `${timesOf(key.usage_count)}, last ${at(key.last_used_at)}`],
		["Created", `${at(key.created_at)} by ${safeText(key.created_by)}`],
		["Expires", at(key.expires_at)],
		["Revoked", key.revoked_at && `${at(key.revoked_at)} by ${safeText(key.revoked_by ?? "")}`],
		["Ends", key.revokes_at && at(key.revokes_at)],
		["Rotated from", key.rotated_from],
		["Rotated to", key.rotated_to],
		["Version", String(key.version)],
	];
	return facts.filter((fact): fact is [string, string] => fact[1] !== null);
}

export const AUDIT_HEADING = ["AT", "ACTION", "ACTOR", "KEY", "IP", "CHANGES"];

export const auditRow = (event: AuditEvent): string[] => [
	instant(event.at),
	event.action,
	safeText(event.actor_email ?? event.actor),
	safeText(event.key_name ?? event.key_id ?? ""),
	safeText(event.ip ?? ""),
	safeText(
		Object.entries(event.changes)
			.map(([field, { from, to }]) => `${field}: ${JSON.stringify(from ?? null)} → ${JSON.stringify(to ?? null)}`)
			.join("; "),
	),
];
