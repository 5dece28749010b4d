/**
 * Who may call what. The procedures and routes are read from the router and the app, so that a new one is checked
 * against every credential from the day it is written; what is not named here is expected to manage keys.
 */
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { createApp } from "../../../worker/app.ts";
import { readConfig } from "../../../worker/env.ts";
import type { Scope } from "../../../worker/schemas/vocabulary.ts";
import { appRouter } from "../../../worker/trpc/root.ts";
import { request } from "../world.ts";

/** Who a call is for. */
export type Audience =
	/** Anybody, with or without a credential. */
	| "public"
	/** A person, whatever they may do. */
	| "user"
	/** Whoever may manage the keys of a tenant. */
	| "manage"
	/** The platform's `service_role`. */
	| "platform"
	/** An integration with its API key. */
	| "integration";

const PROCEDURES: Record<string, Audience> = {
	"session.login": "public",
	"session.logout": "public",
	"session.me": "user",
	"tenants.create": "platform",
	"tenants.list": "platform",
};

/** Routes of integrations, by the scope that they take. */
const INTEGRATION_ROUTES: Record<string, Scope | null> = {
	"GET /v1/whoami": null,
	"POST /v1/sync_collaborators": "default:sync",
	"POST /v1/sync_activities": "default:sync",
	"POST /functions/v1/default-integration": "default:sync",
	"GET /v1/leads": "leads:read",
	"GET /v1/leads/:id": "leads:read",
	"POST /v1/leads": "leads:write",
	"PATCH /v1/leads/:id": "leads:write",
};
const PLATFORM_ROUTES = /^\w+ \/v1\/tenants(\/:id)?$/;
const PUBLIC_ROUTES = /^GET \/(healthz|docs(\/.*)?|v1\/openapi\.json)$/;

/** Names that are written down above, to compare with those that exist. */
export const NAMED_CALLS = [...Object.keys(PROCEDURES), ...Object.keys(INTEGRATION_ROUTES)];

/** What somebody sends to be known by, and the tenant they ask for. */
export interface Credential {
	headers: Record<string, string>;
	/** `tenant_id` in the body, or in the input of a query. */
	inBody?: string;
	/** `tenant_id` in the query string. */
	inUrl?: string;
}

export interface Call {
	name: string;
	audience: Audience;
	/** Of integration routes: what the key must grant. */
	scope: Scope | null;
	/** Sends the call with the input given, and nothing that it would need to succeed. */
	send(credential: Credential, input?: Record<string, unknown>): Promise<Response>;
}

/** An id that an API key can have and none has. */
export const UNKNOWN_KEY_ID = "000000000000";

const asJson = { "content-type": "application/json" };

function search(parameters: Record<string, string | undefined>): string {
	const given = Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== undefined);
	return given.length > 0 ? `?${new URLSearchParams(given)}` : "";
}

/** Every procedure of the router. */
function procedures(): Call[] {
	// At run time the record is flat, by full name, which its type does not say.
	const all = appRouter._def.procedures as unknown as Record<string, { _def: { type: string } }>;
	return Object.entries(all).map(([name, { _def }]) => ({
		name,
		audience: PROCEDURES[name] ?? "manage",
		scope: null,
		send({ headers, inBody, inUrl }, given = {}) {
			const input = JSON.stringify({ ...given, ...(inBody === undefined ? {} : { tenant_id: inBody }) });
			if (_def.type === "query") return request(`/trpc/${name}${search({ input, tenant_id: inUrl })}`, { headers });
			const init = { method: "POST", headers: { ...headers, ...asJson }, body: input };
			return request(`/trpc/${name}${search({ tenant_id: inUrl })}`, init);
		},
	}));
}

/** Every route of the app but the door of tRPC. */
function routes(): Call[] {
	const found = createApp(readConfig(env)).routes.filter((route) => route.method !== "ALL");
	// Middleware of a route is listed as one more route.
	const names = [...new Set(found.map((route) => `${route.method} ${route.path}`))];
	return names.map((name) => {
		const [method = "", path = ""] = name.split(" ");
		const withBody = method !== "GET" && method !== "DELETE";
		return {
			name,
			audience: audienceOf(name),
			scope: INTEGRATION_ROUTES[name] ?? null,
			send({ headers, inBody, inUrl }, { id = UNKNOWN_KEY_ID, ...given } = {}) {
				const address = path.replace(/:\w+(\{.*?\})?/g, String(id));
				if (!withBody) return request(address + search({ tenant_id: inUrl ?? inBody }), { method, headers });
				const body = JSON.stringify({ ...given, ...(inBody === undefined ? {} : { tenant_id: inBody }) });
				const init = { method, headers: { ...headers, ...asJson }, body };
				return request(address + search({ tenant_id: inUrl }), init);
			},
		};
	});
}

function audienceOf(route: string): Audience {
	if (route in INTEGRATION_ROUTES) return "integration";
	if (PLATFORM_ROUTES.test(route)) return "platform";
	return PUBLIC_ROUTES.test(route) ? "public" : "manage";
}

/** Calls that act in no tenant take no `tenant_id`, and are sent none. */
const inNoTenant = (call: Call): Call => ({ ...call, send: ({ headers }, input) => call.send({ headers }, input) });

export const CALLS: readonly Call[] = [...procedures(), ...routes()].map((call) =>
	call.audience === "public" || call.audience === "platform" ? inNoTenant(call) : call,
);

/** Addresses that take every method and are no middleware: none of them is in {@link CALLS}. */
export function catchAlls(): string[] {
	const all = createApp(readConfig(env)).routes;
	const known = new Set(all.filter((route) => route.method !== "ALL").map((route) => route.path));
	const rest = all.filter((route) => route.method === "ALL" && !known.has(route.path)).map((route) => route.path);
	return [...new Set(rest)].filter((path) => path !== "/*" && path !== "*");
}

/** What no answer may hold: a stack, a statement or a table of the database, a hash, a whole key, a token. */
const SECRETS: [string, RegExp][] = [
	["a stack", /"stack"|\bat \S+ \(|\.ts:\d/],
	["SQL", /D1_ERROR|SQLITE_|Failed query|\bselect\b.*\bfrom\b|\binsert into\b|\bdelete from\b/i],
	["the hash of a key", /secret_?hash|\b[0-9a-f]{64}\b/i],
	["a whole key", /sk_(live|test)_[0-9A-Za-z]{48}/],
	["a token", /eyJ[\w-]+\.[\w-]+\./],
	["a secret of the service", new RegExp([env.JWT_SECRET, env.SERVICE_ROLE_KEY, env.KEY_PEPPER].join("|"))],
];

/** Fails if the text tells what it must not. */
export function expectNoSecrets(text: string): void {
	const found = SECRETS.filter(([, pattern]) => pattern.test(text)).map(([what]) => what);
	expect(found, text.slice(0, 500)).toEqual([]);
}

/** The failure in an answer of either door; fields are empty in a success. */
export interface Failure {
	code: string;
	message: string;
	fields: string[];
	/** All of the error but what differs from request to request. */
	whole: unknown;
}

type ErrorBody = { code: string; details?: { field: string }[]; request_id?: string };

/** Reads the failure, and sees to it that the answer holds nothing secret and can be found in the log. */
export async function failureOf(response: Response): Promise<Failure> {
	const text = await response.text();
	expectNoSecrets(text);
	expect(response.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
	if (!response.headers.get("content-type")?.startsWith("application/json"))
		return { code: "", message: "", fields: [], whole: null };
	// One of the two shapes that the doors answer in; which fields are there, the tests see.
	const { error } = JSON.parse(text) as { error?: { message: string } & ({ data: ErrorBody } | ErrorBody) };
	if (!error) return { code: "", message: "", fields: [], whole: null };
	const { request_id: _, ...known } = "data" in error ? error.data : error;
	const fields = known.details?.map((detail) => detail.field) ?? [];
	return { code: known.code, message: error.message, fields, whole: { ...known, message: error.message } };
}

/**
 * What became of a call, as far as its credential decides. `passes`: let in, whatever was then missing of the input.
 * A refusal that must name something ends with what it names.
 */
export type Outcome =
	| "passes"
	| "401 UNAUTHORIZED"
	| "403 FORBIDDEN"
	| "403 FORBIDDEN: admin.integrations"
	| `403 FORBIDDEN: ${Scope}`
	| "400 VALIDATION_ERROR: tenant_id"
	| "404 NOT_FOUND: tenant"
	| "429 RATE_LIMITED"
	/** Nothing that any credential should bring about. */
	| `unexpected: ${string}`;

export async function outcomeOf(response: Response): Promise<Outcome> {
	const { code, message, fields } = await failureOf(response);
	const { status, headers } = response;
	const answer = `${status} ${code}`;
	switch (answer) {
		case "401 UNAUTHORIZED":
			return headers.get("www-authenticate") === "Bearer" ? answer : `unexpected: ${answer} without WWW-Authenticate`;
		case "403 FORBIDDEN": {
			const named = /admin\.integrations|default:sync|leads:(read|write)/.exec(message)?.[0];
			return named === undefined ? answer : (`${answer}: ${named}` as Outcome);
		}
		case "400 VALIDATION_ERROR":
			return fields.includes("tenant_id") ? `${answer}: tenant_id` : "passes";
		case "404 NOT_FOUND":
			return /\btenant\b/.test(message) ? `${answer}: tenant` : "passes";
		case "429 RATE_LIMITED":
			return answer;
		default:
			return status < 400 || status === 409 ? "passes" : `unexpected: ${answer}`;
	}
}
