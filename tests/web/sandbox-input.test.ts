/** What the sandbox offers to call, and what it accepts as a key, a secret and a path. */
import { describe, expect, it } from "vitest";
import { CALLS } from "../../web/features/integration-calls.ts";
import { signedSnippet } from "../../web/features/keys/reveal/signed-snippets.ts";
import { bothIn, isKey, isSecret, pathToSend } from "../../web/features/sandbox/sandbox-input.ts";
import { KEY_ROUTES } from "../../worker/admission/key-routes.ts";
import { createLeadSchema, updateLeadSchema } from "../../worker/schemas/lead.ts";
import {
	activitySchema,
	collaboratorSchema,
	defaultIntegrationSchema,
	syncActivitiesSchema,
	syncCollaboratorsSchema,
} from "../../worker/schemas/sync.ts";

const ORIGIN = "https://api.company.example";
// Assembled here, so that no text of the repository looks like a key.
const key = `sk_live_${"4fK9".repeat(12)}`;
const secret = `sks_live_${"0a1b".repeat(12)}`;

describe("the calls", () => {
	it("are those that take an API key, each with its scope", () => {
		const offered = CALLS.map(({ method, path, scope }) => ({ method: method.toLowerCase(), path, scope }));
		expect(new Set(offered)).toEqual(new Set(Object.values(KEY_ROUTES)));
		expect(offered).toHaveLength(Object.keys(KEY_ROUTES).length);
	});

	it("have a body that the service accepts, where they need one", () => {
		const schemas: Record<string, { parse: (body: unknown) => unknown }> = {
			"POST /v1/leads": createLeadSchema,
			"PATCH /v1/leads/{id}": updateLeadSchema,
			"POST /v1/sync_collaborators": syncCollaboratorsSchema,
			"POST /v1/sync_activities": syncActivitiesSchema,
			"POST /functions/v1/default-integration": defaultIntegrationSchema,
		};
		const withBody = CALLS.filter(({ body }) => body !== null);
		expect(withBody.map(({ method, path }) => `${method} ${path}`).sort()).toEqual(Object.keys(schemas).sort());
		for (const { method, path, body } of withBody) schemas[`${method} ${path}`]?.parse(body);
		// The batches validate their items one by one, later than the schema of the whole.
		for (const { body } of withBody) {
			const { collaborators = [], activities = [] } = body as { collaborators?: unknown[]; activities?: unknown[] };
			for (const item of collaborators) collaboratorSchema.parse(item);
			for (const item of activities) activitySchema.parse(item);
		}
	});
});

describe("a pasted text", () => {
	it("fills in both values, if it has both", () => {
		expect(bothIn(signedSnippet("env", { key, secret, origin: ORIGIN }))).toEqual({ key, secret });
		expect(bothIn(`${secret} ${key}`)).toEqual({ key, secret });
	});

	it.each([key, secret, `${key}${secret}`, `${key}x ${secret}`, ""])("is pasted as usual otherwise (%#)", (text) => {
		expect(bothIn(text)).toBeNull();
	});
});

it("a key is no secret, and a secret is no key", () => {
	expect([isKey(key), isKey(secret), isKey(key.slice(1)), isKey(`${key} `)]).toEqual([true, false, false, false]);
	expect([isSecret(secret), isSecret(key), isSecret(secret.slice(0, -1))]).toEqual([true, false, false]);
});

describe("a path", () => {
	it.each([
		["/v1/leads", "/v1/leads"],
		["/v1/leads?status=new", "/v1/leads?status=new"],
		["/v1/leads?search=Ana Souza", "/v1/leads?search=Ana%20Souza"],
		["/v1/../v1/whoami", "/v1/whoami"],
		["/v1/leads#top", "/v1/leads"],
	])("%s is sent as %s", (typed, sent) => {
		expect(pathToSend(typed, ORIGIN)).toBe(sent);
	});

	it.each([
		"",
		"v1/leads",
		"/v1/leads/{id}",
		"//elsewhere.example/v1",
		"/\\elsewhere.example/v1",
		"https://elsewhere.example/",
	])("%s is rejected", (typed) => {
		expect(pathToSend(typed, ORIGIN)).toBeNull();
	});
});
