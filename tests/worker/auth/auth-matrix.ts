/** The decision about who may call what, and how the outcome of a call is read. */
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { PERMISSIONS, type Permission, SCOPES, type Scope } from "../../../db/enums.ts";
import type { Audience, Operation } from "../operations.ts";

/**
 * The audience of every operation, written by hand. The matrix checks that each operation declares and enforces it. An
 * operation without an entry fails the matrix.
 */
export const AUDIENCES: Record<Audience, readonly string[]> = {
	public: [
		"session.login",
		"session.logout",
		"platform.login",
		"platform.logout",
		"session.options",
		"passwords.readLink",
		"passwords.set",
		"passwords.forgot",
		"GET /healthz",
		"GET /readyz",
		"GET /v1/status",
	],
	person: [
		"session.me",
		"sessions.list",
		"sessions.end",
		"sessions.endOthers",
		"GET /v1/sessions",
		"DELETE /v1/sessions",
		"DELETE /v1/sessions/{id}",
	],
	account: ["passwords.change"],
	"keys:read": [
		"keys.list",
		"keys.get",
		"keys.usage",
		"scopes.list",
		"GET /v1/api-keys",
		"GET /v1/api-keys/{id}",
		"GET /v1/api-keys/{id}/usage",
		"GET /v1/scopes",
		"tenants.quotas",
		"GET /v1/quotas",
		"jobs.list",
		"jobs.get",
		"jobs.items",
		"GET /v1/jobs",
		"GET /v1/jobs/{id}",
		"GET /v1/jobs/{id}/items",
	],
	"keys:write": [
		"keys.create",
		"keys.update",
		"keys.rotate",
		"keys.revoke",
		"keys.delete",
		"POST /v1/api-keys",
		"PATCH /v1/api-keys/{id}",
		"DELETE /v1/api-keys/{id}",
		"POST /v1/api-keys/{id}/revoke",
		"POST /v1/api-keys/{id}/rotate",
		"jobs.create",
		"jobs.advance",
		"jobs.stop",
		"jobs.resume",
		"POST /v1/jobs",
		"POST /v1/jobs/{id}/advance",
		"POST /v1/jobs/{id}/stop",
		"POST /v1/jobs/{id}/resume",
	],
	"keys:verify": ["keys.verify", "POST /v1/api-keys/verify"],
	"audit:read": ["audit.list", "GET /v1/audit-events"],
	"members:read": ["members.list", "members.get", "GET /v1/members", "GET /v1/members/{id}"],
	"members:write": [
		"members.invite",
		"members.update",
		"members.deactivate",
		"members.reactivate",
		"members.remove",
		"members.resetPassword",
		"members.sessions",
		"members.endSessions",
		"people.export",
		"people.delete",
		"POST /v1/people/export",
		"POST /v1/people/delete",
		"POST /v1/members",
		"PATCH /v1/members/{id}",
		"DELETE /v1/members/{id}",
		"POST /v1/members/{id}/deactivate",
		"POST /v1/members/{id}/reactivate",
		"POST /v1/members/{id}/reset-password",
		"GET /v1/members/{id}/sessions",
		"DELETE /v1/members/{id}/sessions",
	],
	"tokens:read": ["tokens.list", "tokens.get", "GET /v1/management-tokens", "GET /v1/management-tokens/{id}"],
	"tokens:write": [
		"tokens.create",
		"tokens.update",
		"tokens.revoke",
		"POST /v1/management-tokens",
		"PATCH /v1/management-tokens/{id}",
		"POST /v1/management-tokens/{id}/revoke",
	],
	"platform in a tenant": ["keys.import", "POST /v1/api-keys/import"],
	platform: [
		"tenants.create",
		"tenants.update",
		"tenants.list",
		"tenants.get",
		"tenants.delete",
		"tenants.cancel_deletion",
		"tenants.find_by_key",
		"platform.me",
		"tenants.suspend",
		"tenants.resume",
		"operations.overview",
		"operations.secrets",
		"operations.deliveries",
		"operations.reconcileKeys",
		"operations.reconcileObjects",
		"operations.openTokens",
		"POST /v1/tenants",
		"PATCH /v1/tenants/{id}",
		"GET /v1/tenants",
		"GET /v1/tenants/{id}",
		"GET /v1/tenants/{id}/export",
		"DELETE /v1/tenants/{id}",
		"POST /v1/tenants/{id}/cancel-deletion",
		"POST /v1/tenants/find-by-key",
		"POST /v1/tenants/{id}/suspend",
		"POST /v1/tenants/{id}/resume",
		"GET /v1/operations/overview",
		"GET /v1/operations/secrets",
		"POST /v1/operations/deliveries",
		"POST /v1/operations/reconcile/keys",
		"POST /v1/operations/reconcile/objects",
		"POST /v1/operations/open-tokens",
	],
	"any key": ["GET /v1/whoami"],
	"default:sync": ["POST /v1/sync_collaborators", "POST /v1/sync_activities", "POST /functions/v1/default-integration"],
	"leads:read": ["GET /v1/leads", "GET /v1/leads/{id}"],
	"leads:write": ["POST /v1/leads", "PATCH /v1/leads/{id}", "DELETE /v1/leads/{id}"],
};

/** Routes that are in no document. They are public and return no data of a tenant. Browsers are sent to the last two. */
export const UNDOCUMENTED = ["GET /v1/openapi.json", "GET /status", "GET /auth/sso/start", "GET /auth/sso/callback"];

/** A valid id that no API key has. */
export const UNKNOWN_KEY_ID = "000000000000";

/** What no response may contain. */
const SECRETS: [string, RegExp][] = [
	["a stack", /"stack"|\bat \S+ \(|\.ts:\d/],
	["SQL", /D1_ERROR|SQLITE_|Failed query|\bselect\b.*\bfrom\b|\binsert into\b|\bdelete from\b/i],
	// One repeated letter is the name of a field from a hostile request, not a hash.
	["the hash of a key", /secret_?hash|\b(?!(.)\1{63})[0-9a-f]{64}\b/i],
	["the bcrypt hash of a key", /\$2[aby]\$\d\d\$/],
	["a whole key", /sk_(live|test)_([0-9A-Za-z]{48}|[0-9a-z]{32}\b)/],
	["a token", /eyJ[\w-]+\.[\w-]+\./],
	["a management token", /smt_[0-9A-Za-z]{36}/],
	[
		"a secret of the service",
		new RegExp([env.JWT_SECRET, env.SERVICE_ROLE_KEY, env.KEY_PEPPER, env.SIGNING_KEY].join("|")),
	],
];

/** Fails if the text contains a secret. */
export function expectNoSecrets(text: string): void {
	const found = SECRETS.filter(([, pattern]) => pattern.test(text)).map(([what]) => what);
	expect(found, text.slice(0, 500).toWellFormed()).toEqual([]);
}

type ErrorBody = { code: string; details?: { field: string }[] };

/** Reads the error of a REST or tRPC response, and expects no secret in it. */
function failureOf(text: string): { code: string; message: string; fields: string[] } {
	expectNoSecrets(text);
	// REST and tRPC have different shapes. The tests check the fields.
	const { error } = JSON.parse(text) as { error: { message: string } & ({ data: ErrorBody } | ErrorBody) };
	const { code, details = [] } = "data" in error ? error.data : error;
	return { code, message: error.message, fields: details.map(({ field }) => field) };
}

/** The outcome of a call. An error that must name something ends with that name. */
export type Outcome =
	| "success"
	/** With a challenge that says that the credential is invalid. */
	| "401 UNAUTHORIZED"
	/** With a challenge that asks for a credential. */
	| "401 UNAUTHORIZED: no credential"
	/** With a challenge that asks for a signature. */
	| "401 UNAUTHORIZED: signature"
	| "403 FORBIDDEN"
	/** With a challenge that names the scope or the permission. */
	| `403 FORBIDDEN: ${Scope | Permission}`
	| "400 VALIDATION_ERROR: tenant_id"
	| "404 NOT_FOUND"
	| "404 NOT_FOUND: tenant"
	| "429 RATE_LIMITED"
	/** No credential should cause this. */
	| `unexpected: ${string}`;

/** Reads a response. A success must match the schema of the operation, and an error must be documented and free of secrets. */
export async function outcomeOf(operation: Operation, response: Response): Promise<Outcome> {
	const { status, headers } = response;
	expect(headers.get("x-request-id"), operation.name).toMatch(/^[0-9a-f-]{36}$/);
	expect(headers.get("cache-control"), operation.name).toBe("no-store");
	const text = await response.text();
	// A stream of lines, which no schema describes.
	if (headers.get("content-type")?.startsWith("application/x-ndjson"))
		return status === 200 ? "success" : `unexpected: ${status}`;
	if (status < 400) return successOf(operation, status, text);
	const { code, message, fields } = failureOf(text);
	const answer = `${status} ${code}`;
	const challenge = headers.get("www-authenticate");
	switch (answer) {
		case "401 UNAUTHORIZED":
			if (challenge === "Bearer") return `${answer}: no credential`;
			if (challenge === "P2S-SIGN-V1") return `${answer}: signature`;
			return challenge === 'Bearer error="invalid_token"' ? answer : `unexpected: ${answer} ${challenge}`;
		case "403 FORBIDDEN": {
			const named = [...SCOPES, ...PERMISSIONS].find((required) => message.includes(required));
			const expected = named === undefined ? null : `Bearer error="insufficient_scope", scope="${named}"`;
			if (challenge !== expected) return `unexpected: ${answer} ${challenge}`;
			return named === undefined ? answer : `${answer}: ${named}`;
		}
		case "400 VALIDATION_ERROR":
			return fields.includes("tenant_id") ? `${answer}: tenant_id` : `unexpected: ${answer} ${message}`;
		case "404 NOT_FOUND":
			return /\btenant\b/i.test(message) ? `${answer}: tenant` : answer;
		case "429 RATE_LIMITED":
			return answer;
		default:
			return `unexpected: ${answer} ${message}`;
	}
}

function successOf({ answers, api }: Operation, status: number, text: string): Outcome {
	const schema = answers[status];
	if (schema === undefined) return `unexpected: ${status}`;
	if (schema === null) return text === "" ? "success" : `unexpected: ${status} with a body`;
	const body: unknown = JSON.parse(text);
	const checked = schema.safeParse(api === "trpc" ? (body as { result: { data: unknown } }).result.data : body);
	return checked.success ? "success" : `unexpected: ${status}, ${checked.error.message}`;
}
