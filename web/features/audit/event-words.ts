/** Audit events in the reader's language: who did it, with which program, and what changed. */
import type { AuditEvent } from "../../api/types.ts";
import { formatDateTime, formatNumber } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import { parseUserAgent } from "./user-agent.ts";

/** Who did it: the email, a name for the platform or the service, or else the id. */
export function whoOf({ actor, actor_email }: Pick<AuditEvent, "actor" | "actor_email">): string {
	if (actor_email !== null) return actor_email;
	if (actor === "service_role") return t().audit.platform;
	return actor === "system" ? t().audit.system : actor;
}

/** The latest name of each key, by id, as far as loaded. */
export type KeyNames = ReadonlyMap<string, string>;

/** The latest name of the key, or its id. */
export const keyNameOf = (event: AuditEvent, names: KeyNames): string =>
	event.key_name ?? (event.key_id === null ? "" : (names.get(event.key_id) ?? event.key_id));

/** The job that an event is about. */
export function jobIdOf({ changes: { job } }: AuditEvent): string | undefined {
	return typeof job?.to === "string" ? job.to : undefined;
}

/** The program in a few words: `Firefox on Windows`, `curl/8.5.0`. */
export function agentText(userAgent: string): string {
	const agent = parseUserAgent(userAgent);
	if (agent.kind === "program") return agent.program;
	return agent.system === null ? agent.browser : t().audit.browserOn(agent.browser, agent.system);
}

/** A field that an event changed. `before` or `after` is null if there is nothing to compare with. */
export interface Change {
	label: string;
	before: string | null;
	after: string | null;
}

/** Fields that are written once. Before that they had no value, which is not the value "None". */
const WRITTEN_ONCE = new Set(["revoked_at", "revokes_at", "rotated_from", "rotated_to", "reason"]);

/** Events that record all of something, not a change of it. */
const WHOLE: ReadonlySet<AuditEvent["action"]> = new Set([
	"api_key.create",
	"api_key.import",
	"api_key.delete",
	"session.login",
	"session.end",
	"tenant.create",
	"job.create",
	"job.stop",
	"job.resume",
	"token.create",
]);

/** What an event changed, field by field, in the service's order. */
export function changesOf({ action, actor, at, changes }: AuditEvent): Change[] {
	const isWhole = WHOLE.has(action);
	// Leave out the time of revocation if it is the time of the event. An earlier one is news.
	const shown = Object.entries(withKeyHint(changes)).filter(([field, { to }]) => field !== "revoked_at" || to !== at);
	return shown.map(([field, { from, to }]) => {
		const one = isWhole || WRITTEN_ONCE.has(field);
		return {
			label: labelOf(field),
			before: one && from === null ? null : valueText(field, from, actor),
			after: one && to === null ? null : valueText(field, to, actor),
		};
	});
}

/** All changes in one line. */
export const changesLine = (changes: readonly Change[]): string =>
	changes
		.map(
			({ label, before, after }) =>
				`${label}: ${before !== null && after !== null ? `${before} → ${after}` : (after ?? before ?? "")}`,
		)
		.join(", ");

type Changes = AuditEvent["changes"];

/** Joins the prefix and the last characters of a key, which are two fields, into one hint. */
function withKeyHint(changes: Changes): Changes {
	const { key_prefix, last_four, ...others } = changes;
	if (!key_prefix || !last_four) return changes;
	const hint = (start: unknown, end: unknown) => (start === null ? null : `${start}…${end}`);
	const key = { from: hint(key_prefix.from, last_four.from), to: hint(key_prefix.to, last_four.to) };
	const { name, environment, ...rest } = others;
	return { ...(name ? { name } : {}), ...(environment ? { environment } : {}), key, ...rest };
}

function labelOf(field: string): string {
	// A field that this version of the page does not know has its API name.
	const labels: Record<string, string | undefined> = t().audit.fields;
	return labels[field] ?? field;
}

/** The name of a setting of a key. */
export const settingLabel = (setting: string): string => labelOf(setting);

/** The value of a setting of a key. */
export const settingText = (setting: string, value: unknown): string => valueText(setting, value, "");

/** The service stores values as JSON. A newer one may store some that this version of the page does not know. */
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
	if (field === "authentication" && (value === "bearer" || value === "signed")) return t().keys.authentications[value];
	if (field === "method" && (value === "password" || value === "openid")) return t().audit.methods[value];
	if (field === "kind" && value === "revoke_keys") return t().audit.revokeKeys;
	// The service itself gives only one reason, and in English.
	if (field === "reason" && actor === "system") return t().audit.rotationNotCompleted;
	return value;
}
