/** Random requests on one operation: valid ones, valid ones with a flaw, and nonsense. */
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { changesTenantState, isOfJobs, isOfMembers, isOfTokens, PASSWORD } from "../auth/populated-tenant.ts";
import type { Json, Operation } from "../operations.ts";
import { fromSchema } from "./from-schema.ts";
import {
	CONTENT_TYPES,
	headerValue,
	hostileBody,
	hostileText,
	hostileValue,
	ODD_HEADERS,
	POOLED,
	PROTOTYPE_NAMES,
} from "./values.ts";

/** A request, with placeholders for values of the pools. */
export interface Hostile {
	method: string;
	/** Path and query string. */
	address: string;
	headers: Record<string, string>;
	body: string | Uint8Array | null;
}

/** The arbitrary in one of `n` requests, and undefined in the others. */
const oneIn = <T>(many: number, odd: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
	fc.oneof({ weight: many - 1, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: odd });

/** Fields whose values must exist. A value that is generated from the schema never does. */
const BY_NAME = [
	"id",
	"key_id",
	"key",
	"cursor",
	"tenant_id",
	"slug",
	"from",
	"to",
	"expires_at",
	"password",
	"current_password",
	"new_password",
	"secret",
	"owner",
	"idempotency_key",
	"expected_version",
];

/** The placeholder for the id that the operation takes. */
function idOf(operation: Operation): string {
	if (String(operation.audience).startsWith("leads")) return POOLED.lead;
	if (isOfJobs(operation)) return POOLED.job;
	if (isOfMembers(operation)) return POOLED.member;
	if (isOfTokens(operation)) return POOLED.token;
	if (changesTenantState(operation)) return POOLED.spareTenant;
	return operation.audience === "platform" ? POOLED.tenant : POOLED.id;
}

const plainEmail = fc.stringMatching(/^[a-z0-9]{6,12}@[a-z]{4,8}\.example$/);

const createsTenant = ({ name }: Operation) => name === "tenants.create" || name === "POST /v1/tenants";

function wellKnown(operation: Operation, names: ReadonlySet<string>): fc.Arbitrary<Json> {
	const now = Date.now();
	const instant = (from: number, to: number) =>
		fc.integer({ min: from, max: to }).map((minutes) => new Date(now + minutes * 60_000).toISOString());
	const always = {
		id: createsTenant(operation)
			? fc.option(fc.stringMatching(/^ten_[0-9A-Za-z]{20}$/), { nil: undefined })
			: fc.constant(idOf(operation)),
		key: fc.constant(operation.name === "platform.login" ? env.SERVICE_ROLE_KEY : POOLED.key),
		slug: changesTenantState(operation) ? fc.constant(POOLED.slug) : fc.stringMatching(/^[a-z0-9]{12,40}$/),
		secret: fc.constant(POOLED.link),
		password: fc.constant(PASSWORD),
		current_password: fc.constant(PASSWORD),
		// The same, so that the next request is valid too.
		new_password: fc.constant(PASSWORD),
		...(operation.name === "session.login" ? { email: fc.constant(POOLED.email) } : {}),
		// Their schemas fold the email first, so that their JSON Schema takes any text.
		...(isOfMembers(operation) || operation.name === "passwords.forgot" ? { email: plainEmail } : {}),
		owner: fc.record({ email: plainEmail, name: fc.constant("Olivia") }),
	};
	const sometimes = {
		// That of a new key. With another one, the change is a conflict.
		expected_version: fc.constant(1),
		key_id: fc.constant(POOLED.id),
		cursor: fc.constant(POOLED.cursor),
		tenant_id: fc.constant(POOLED.tenant),
		from: instant(-40_000, -20_000),
		to: instant(-10_000, 0),
		expires_at: fc.option(instant(60, 100_000)),
		// The next creation with the same value would be a replay.
		idempotency_key: fc.uuid(),
	};
	const all = {
		...always,
		...Object.fromEntries(Object.entries(sometimes).map(([name, value]) => [name, oneIn<unknown>(6, value)])),
	};
	return fc
		.record(all)
		.map((fields) =>
			Object.fromEntries(Object.entries(fields).filter(([name, value]) => names.has(name) && value !== undefined)),
		);
}

/** An input that fits the schema. */
function good(operation: Operation, place: Json): fc.Arbitrary<Json> {
	const names = new Set(Object.keys((place.properties ?? {}) as Json));
	return fc.tuple(fromSchema(place), wellKnown(operation, names)).map(([made, known]) => {
		const fields = Object.entries(made as Json).filter(([name]) => !BY_NAME.includes(name));
		return { ...Object.fromEntries(fields), ...known };
	});
}

/** A valid input with some fields replaced, added or removed. */
function spoilt(operation: Operation, place: Json): fc.Arbitrary<Json> {
	const names = Object.keys((place.properties ?? {}) as Json);
	const name = fc.oneof(
		{ weight: 8, arbitrary: fc.constantFrom(...names, "name") },
		{ weight: 1, arbitrary: fc.constantFrom("tenant_id", "id", ...PROTOTYPE_NAMES) },
		{ weight: 1, arbitrary: hostileText },
	);
	const changes = fc.array(fc.tuple(name, fc.option(hostileValue, { freq: 8 })), { minLength: 1, maxLength: 3 });
	return fc.tuple(good(operation, place), changes).map(([input, changed]) => {
		// Without a prototype, so that `__proto__` is a field like any other.
		const result: Json = Object.assign(Object.create(null), input);
		for (const [field, value] of changed) {
			if (value === null) delete result[field];
			else result[field] = value;
		}
		return result;
	});
}

/** `goods` of ten inputs are valid. */
const inputTo = (operation: Operation, place: Json, goods: number) =>
	fc.oneof(
		{ weight: goods, arbitrary: good(operation, place) },
		{ weight: 10 - goods, arbitrary: spoilt(operation, place) },
	);

/** Encodes a name or value for a URL. A lone surrogate, which a URL can't contain, becomes the replacement character. */
const escaped = (value: unknown) =>
	encodeURIComponent((typeof value === "string" ? value : (JSON.stringify(value) ?? "")).toWellFormed());

const oddQuery = fc.oneof(
	fc.constantFrom(
		"limit=1&limit=2",
		"limit[]=1",
		"limit[a]=1",
		"limit=%E0%A4%A",
		"&&&",
		"=",
		"?",
		"__proto__=1",
		"__proto__[x]=1",
		"constructor.prototype.x=1",
		"input=",
		"input={",
		"input=%00",
		"input=%7B%7D&input=%7B%7D",
		"batch=1",
		"batch=1&input=%7B%22__proto__%22%3A%7B%7D%7D",
		"batch=1&input=%7B%220%22%3A%7B%7D%2C%22999999999%22%3A%7B%7D%7D",
		"batch=1&input=[]",
		"connectionParams=1",
		`${"a=1&".repeat(2_000)}`,
		`search=${"%F0%9F%92%A9".repeat(30)}`,
		"limit=1e3",
		"limit=+5",
		"limit=%2B5",
		"limit=0x10",
		"limit=5.0",
		"limit=",
		"limit",
		`tenant_id=${POOLED.tenant}`,
	),
	fc
		.array(fc.tuple(hostileText, hostileText), { maxLength: 4 })
		.map((pairs) => pairs.map(([name, value]) => `${escaped(name)}=${escaped(value)}`).join("&")),
);

const oddHeaders = fc.dictionary(fc.constantFrom(...ODD_HEADERS), headerValue, { maxKeys: 3 });

/** Requests on the operation with a credential that it accepts. */
export function hostileRequests(operation: Operation, credential: Record<string, string>): fc.Arbitrary<Hostile> {
	const { method, hasBody, api, takes } = operation;
	return fc
		.record({
			path: inputTo(operation, takes.path, 8),
			query: inputTo(operation, takes.query, api === "trpc" || !hasBody ? 4 : 9),
			body: inputTo(operation, takes.body, 4),
			wholeBody: oneIn(
				8,
				fc.oneof(
					hostileBody,
					hostileValue.map((value) => JSON.stringify(value) ?? ""),
				),
			),
			oddQuery: oneIn(8, oddQuery),
			contentType: oneIn(8, fc.constantFrom(...CONTENT_TYPES)),
			headers: oneIn(8, oddHeaders),
			method: oneIn(8, fc.constantFrom("GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "POST", "PROPFIND")),
			batch: oneIn(12, fc.integer({ min: 0, max: 25 })),
		})
		.map((drawn) => {
			let address = operation.path.replace(/\{(\w+)\}/g, (_, name) => escaped(drawn.path[name] ?? ""));
			// Only in one of eight, because a request with a wrong method tests little else.
			const sentMethod = drawn.method !== undefined && drawn.batch === undefined ? drawn.method : method;
			const query: string[] = drawn.oddQuery === undefined ? [] : [drawn.oddQuery];
			const one = hasBody ? drawn.body : drawn.query;
			const calls = api === "trpc" ? drawn.batch : undefined;
			const input = calls === undefined ? one : Object.fromEntries(Array.from({ length: calls }, (_, n) => [n, one]));
			if (calls !== undefined) {
				address += `,${operation.name}`.repeat(Math.max(0, calls - 1));
				query.push("batch=1");
			}
			if (api === "trpc" && !hasBody) query.push(`input=${escaped(input)}`);
			else if (api === "rest")
				query.push(...Object.entries(drawn.query).map(([name, value]) => `${escaped(name)}=${escaped(value)}`));
			const takesBody = sentMethod !== "GET" && sentMethod !== "HEAD";
			const text = drawn.wholeBody ?? (hasBody ? JSON.stringify(input) : null);
			return {
				method: sentMethod,
				address: query.length > 0 ? `${address}?${query.join("&")}` : address,
				headers: {
					...credential,
					...(hasBody ? { "content-type": "application/json" } : {}),
					...(drawn.contentType === undefined ? {} : { "content-type": drawn.contentType }),
					...drawn.headers,
				},
				body: takesBody ? text : null,
			};
		});
}
