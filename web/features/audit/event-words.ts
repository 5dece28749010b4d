/** Events of the audit trail in the reader's words: who, from where, and what changed. */
import type { inferRouterOutputs } from "@trpc/server";
import type { AppRouter } from "../../../worker/trpc/root.ts";
import { formatDateTime, formatNumber } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import { agentOf } from "./agent.ts";

/** As it arrives: the router's type, after JSON. */
export type AuditEvent = inferRouterOutputs<AppRouter>["audit"]["list"]["items"][number];

/** Who did it. Whoever the event names by an id alone stays an id: there is nothing better to call them by. */
export function whoOf({ actor, actor_email }: Pick<AuditEvent, "actor" | "actor_email">): string {
	if (actor_email !== null) return actor_email;
	if (actor === "service_role") return t().audit.platform;
	return actor === "system" ? t().audit.system : actor;
}

/** The program in a few words: `Firefox on Windows`, `curl/8.5.0`. */
export function agentText(userAgent: string): string {
	const agent = agentOf(userAgent);
	if (agent.kind === "program") return agent.program;
	return agent.system === null ? agent.browser : t().audit.browserOn(agent.browser, agent.system);
}

/** One field of an event. Where there is nothing to compare with, only one of the two is there. */
export interface Change {
	label: string;
	before: string | null;
	after: string | null;
}

/** Fields that are written once: before it, they are not "none" but not there. */
const WRITTEN_ONCE = new Set(["revoked_at", "revokes_at", "rotated_from", "rotated_to", "reason"]);

/** What an event changed, field by field, in the order in which the server tells it. */
export function changesOf({ action, actor, at, changes }: AuditEvent): Change[] {
	const isWhole = action === "api_key.create" || action === "api_key.delete" || action === "tenant.create";
	// That it was revoked when it was revoked needs no telling; that it had stopped before does.
	const telling = Object.entries(joined(changes)).filter(([field, { to }]) => field !== "revoked_at" || to !== at);
	return telling.map(([field, { from, to }]) => {
		const one = isWhole || WRITTEN_ONCE.has(field);
		return {
			label: labelOf(field),
			before: one && from === null ? null : valueText(field, from, actor),
			after: one && to === null ? null : valueText(field, to, actor),
		};
	});
}

/** All changes in one line, for where there is room for one. */
export const changesLine = (changes: readonly Change[]): string =>
	changes
		.map(
			({ label, before, after }) =>
				`${label}: ${before !== null && after !== null ? `${before} → ${after}` : (after ?? before ?? "")}`,
		)
		.join(", ");

type Changes = AuditEvent["changes"];

/** Beginning and end of a key are two fields, and one thing to whoever reads. */
function joined(changes: Changes): Changes {
	const { key_prefix, last_four, ...others } = changes;
	if (!key_prefix || !last_four) return changes;
	const hint = (start: unknown, end: unknown) => (start === null ? null : `${start}…${end}`);
	const key = { from: hint(key_prefix.from, last_four.from), to: hint(key_prefix.to, last_four.to) };
	const { name, environment, ...rest } = others;
	return { ...(name ? { name } : {}), ...(environment ? { environment } : {}), key, ...rest };
}

function labelOf(field: string): string {
	// A field that the page does not know yet is told by its own name.
	const labels: Record<string, string | undefined> = t().audit.fields;
	return labels[field] ?? field;
}

/** The server stores values as JSON, and may store some that the page does not know yet. */
function valueText(field: string, value: unknown, actor: string): string {
	if (value === null || value === undefined) return field === "expires_at" ? t().keys.neverExpires : t().audit.none;
	if (Array.isArray(value)) {
		if (value.length > 0) return value.join(", ");
		if (field === "scopes") return t().keys.unrestricted;
		return field === "ip_allowlist" ? t().audit.anyAddress : t().audit.none;
	}
	if (typeof value === "number") return formatNumber(value);
	if (typeof value !== "string") return JSON.stringify(value);
	if (field.endsWith("_at")) return formatDateTime(value);
	if (field === "environment" && (value === "live" || value === "test")) return t().keys.environments[value];
	// The service itself gives one reason only, and in English.
	if (field === "reason" && actor === "system") return t().audit.rotationNotCompleted;
	return value;
}
