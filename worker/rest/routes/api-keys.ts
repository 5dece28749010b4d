/** Managing API keys over REST: the services behind the tRPC procedures, in the shape that curl and generators want. */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { database } from "../../../db/client.ts";
import { metaOf } from "../../http/response.ts";
import {
	apiKeyDetailSchema,
	apiKeySchema,
	createdBeforeSchema,
	createKeySchema,
	issuedKeySchema,
	keyListItemSchema,
	keyListSchema,
	listKeysSchema,
	revokeKeySchema,
	rotatedBeforeSchema,
	rotatedKeySchema,
	rotateKeySchema,
	scopeList,
	scopeListSchema,
	updateKeySchema,
	verificationSchema,
	verifyKeySchema,
} from "../../schemas/api-key.ts";
import { auditEventSchema, listAuditSchema } from "../../schemas/audit.ts";
import { id, tenantChoice } from "../../schemas/common.ts";
import { usageQuerySchema, usageSchema } from "../../schemas/usage.ts";
import { listAudit } from "../../services/audit.ts";
import type { Deps } from "../../services/deps.ts";
import { attemptOf } from "../../services/idempotency.ts";
import { listKeys } from "../../services/key-list.ts";
import {
	createKey,
	createKeyOnce,
	deleteKey,
	getKey,
	revokeKey,
	rotateOnce,
	updateKey,
	verifyKey,
} from "../../services/keys.ts";
import { keyUsage } from "../../services/usage.ts";
import type { DoorEnv, ManageEnv } from "../context.ts";
import { idempotencyHeaders, idempotencyKeyOf, REPLAYED } from "../idempotency-key.ts";
import { emptyIsNone, readableBody } from "../middleware/body.ts";
import { inTenant, managersOnly } from "../middleware/manager-auth.ts";
import {
	body,
	conflict,
	MANAGER_REFUSALS,
	made,
	madeBefore,
	many,
	notFound,
	nothing,
	one,
	optionalBody,
	TOO_LARGE,
	WITH_BODY,
} from "../openapi/describe.ts";
import * as examples from "../openapi/examples.ts";
import { fromQuery } from "../query.ts";

const KEYS = "/v1/api-keys";
const ONE = `${KEYS}/{id}`;

/** What every route here has in common. First who is calling: strangers send no body. */
const managed = {
	tags: ["API keys"],
	security: [{ bearer: [] }, { session: [] }],
	middleware: [managersOnly, inTenant],
};
const managedWithBody = { ...managed, middleware: [managersOnly, ...readableBody, inTenant] };
const managedWithOptionalBody = { ...managed, middleware: [managersOnly, ...readableBody, emptyIsNone, inTenant] };

const keyId = z.object({ id: id.meta({ example: examples.apiKey.id }) });
/** Only the platform may choose a tenant; of everybody else it is ignored. */
const onlyTenant = fromQuery(z.strictObject(tenantChoice));
const NO_TENANT = notFound("There is no such tenant");
const NO_KEY = notFound("There is no such API key in this tenant, or no such tenant");

const routes = {
	create: createRoute({
		...managedWithBody,
		method: "post",
		path: KEYS,
		operationId: "createApiKey",
		summary: "Create an API key",
		description: "The answer is the only one that ever shows the key. Store it before anything else.",
		request: { headers: idempotencyHeaders, body: body(createKeySchema, examples.createKey) },
		responses: {
			...MANAGER_REFUSALS,
			...WITH_BODY,
			...NO_TENANT,
			...conflict("The `Idempotency-Key` was used for another request, or the API key that it made is deleted"),
			200: madeBefore(createdBeforeSchema, { api_key: examples.issued.api_key }),
			201: made(
				issuedKeySchema,
				"The key, once, and what it is from now on",
				examples.issued,
				`${KEYS}/${examples.apiKey.id}`,
			),
		},
	}),
	list: createRoute({
		...managed,
		method: "get",
		path: KEYS,
		operationId: "listApiKeys",
		summary: "List API keys",
		description:
			"Newest first, unless `sort` says otherwise. `meta.counts` is of all keys that match `environment` and `search`; with `meta.counts_capped` there are more of them than are counted. Usage is up to 15 seconds behind.",
		request: { query: fromQuery(listKeysSchema) },
		responses: {
			...MANAGER_REFUSALS,
			...NO_TENANT,
			200: many(keyListItemSchema, "A page of API keys", examples.apiKey, {
				shape: { counts: keyListSchema.shape.counts, counts_capped: keyListSchema.shape.counts_capped },
				example: { counts: examples.counts },
			}),
		},
	}),
	verify: createRoute({
		...managedWithBody,
		method: "post",
		path: `${KEYS}/verify`,
		operationId: "verifyApiKey",
		summary: "Verify an API key that somebody has presented to you",
		description:
			"For back ends elsewhere. Counts as a request of the key, unless `consume` is false. Every verdict comes with 200: look at `valid`.",
		request: { body: body(verifyKeySchema, examples.verifyKey) },
		responses: {
			...MANAGER_REFUSALS,
			...WITH_BODY,
			...NO_TENANT,
			200: one(verificationSchema, "The verdict", examples.verification),
		},
	}),
	get: createRoute({
		...managed,
		method: "get",
		path: ONE,
		operationId: "getApiKey",
		summary: "Read an API key",
		description: "Live, with the running hour and who called lately.",
		request: { params: keyId, query: onlyTenant },
		responses: { ...MANAGER_REFUSALS, ...NO_KEY, 200: one(apiKeyDetailSchema, "The API key", examples.apiKeyDetail) },
	}),
	update: createRoute({
		...managedWithBody,
		method: "patch",
		path: ONE,
		operationId: "updateApiKey",
		summary: "Change some settings of an API key",
		description: "Fields that are left out stay. The very next request is judged by the new settings.",
		request: { params: keyId, body: body(updateKeySchema.omit({ id: true }), examples.updateKey) },
		responses: {
			...MANAGER_REFUSALS,
			...WITH_BODY,
			...NO_KEY,
			...conflict("The API key is revoked"),
			200: one(apiKeySchema, "The API key as it is now", examples.apiKey),
		},
	}),
	revoke: createRoute({
		...managedWithOptionalBody,
		method: "post",
		path: `${ONE}/revoke`,
		operationId: "revokeApiKey",
		summary: "Revoke an API key",
		description: "When this has answered, no request is admitted any more, anywhere. Asking again changes nothing.",
		request: { params: keyId, body: optionalBody(revokeKeySchema.omit({ id: true }), examples.revokeKey) },
		responses: {
			...MANAGER_REFUSALS,
			...WITH_BODY,
			...NO_KEY,
			200: one(apiKeySchema, "The API key, revoked", examples.revoked),
		},
	}),
	rotate: createRoute({
		...managedWithOptionalBody,
		method: "post",
		path: `${ONE}/rotate`,
		operationId: "rotateApiKey",
		summary: "Make a successor of an API key",
		description:
			"The successor has the same settings. The old key goes on until it is revoked, or until the hours given are over.",
		request: {
			params: keyId,
			headers: idempotencyHeaders,
			body: optionalBody(rotateKeySchema.omit({ id: true }), examples.rotateKey),
		},
		responses: {
			...MANAGER_REFUSALS,
			...WITH_BODY,
			...NO_KEY,
			...conflict("The API key is revoked or has changed, or the `Idempotency-Key` was used for another request"),
			200: madeBefore(rotatedBeforeSchema, {
				api_key: examples.rotated.api_key,
				previous: examples.rotated.previous,
			}),
			201: made(
				rotatedKeySchema,
				"The successor's key, once; what it is; and the old key as it is now",
				examples.rotated,
				`${KEYS}/${examples.rotated.api_key.id}`,
			),
		},
	}),
	delete: createRoute({
		...managedWithBody,
		method: "delete",
		path: ONE,
		operationId: "deleteApiKey",
		summary: "Delete an API key",
		description: "Stops it as revoking does, and removes it with its usage. The audit trail keeps that it existed.",
		request: { params: keyId, query: onlyTenant },
		// It has no body, but the platform may name the tenant in one.
		responses: { ...MANAGER_REFUSALS, ...TOO_LARGE, ...NO_KEY, 204: nothing("It is gone") },
	}),
	usage: createRoute({
		...managed,
		method: "get",
		path: `${ONE}/usage`,
		operationId: "getApiKeyUsage",
		summary: "Read how much an API key was used",
		description: "Per hour or day in UTC, without gaps.",
		request: { params: keyId, query: fromQuery(usageQuerySchema.omit({ id: true })) },
		responses: { ...MANAGER_REFUSALS, ...NO_KEY, 200: one(usageSchema, "What came of requests", examples.usage) },
	}),
	audit: createRoute({
		...managed,
		tags: ["Audit"],
		method: "get",
		path: "/v1/audit-events",
		operationId: "listAuditEvents",
		summary: "List who did what to which API key",
		description: "Newest first.",
		request: { query: fromQuery(listAuditSchema) },
		responses: {
			...MANAGER_REFUSALS,
			...NO_TENANT,
			200: many(auditEventSchema, "A page of events", examples.auditEvent),
		},
	}),
	scopes: createRoute({
		...managed,
		method: "get",
		path: "/v1/scopes",
		operationId: "listScopes",
		summary: "List the scopes that API keys can have",
		description: "Each with what it grants. All of them at once.",
		request: { query: onlyTenant },
		responses: {
			...MANAGER_REFUSALS,
			...NO_TENANT,
			200: many(scopeListSchema.shape.items.element, "All scopes", { scope: "leads:read", grants: "Read leads." }),
		},
	}),
};

function depsOf(c: Context<ManageEnv>): Deps {
	const { config, info } = c.var;
	return {
		db: database(c.env.DB),
		gates: c.env.KEY_GATE,
		config,
		loginLimiter: c.env.LOGIN_LIMITER,
		now: info.now,
	};
}
const sealed = <T>(c: Context<ManageEnv>, data: T) => ({ data, meta: metaOf(c.var.info) });
const sealedReplay = <T>(c: Context<ManageEnv>, data: T) => ({
	data,
	meta: { ...metaOf(c.var.info), idempotent_replay: true as const },
});
const addressOf = ({ id }: { id: string }) => ({ Location: `${KEYS}/${id}` });

export function addManageRoutes(door: OpenAPIHono<DoorEnv>): void {
	// The middleware of these routes sets the further variables before their handlers run.
	const app = door as unknown as OpenAPIHono<ManageEnv>;

	app.openapi(routes.create, async (c) => {
		const input = c.req.valid("json");
		const name = idempotencyKeyOf(c.req.raw);
		const made =
			name === undefined
				? await createKey(depsOf(c), c.var.author, input)
				: await createKeyOnce(depsOf(c), c.var.author, input, attemptOf(name, input));
		if ("repeated" in made) return c.json(sealedReplay(c, { api_key: made.repeated }), 200, REPLAYED);
		return c.json(sealed(c, made), 201, addressOf(made.api_key));
	});
	app.openapi(routes.list, async (c) => {
		const { items, ...more } = await listKeys(depsOf(c), c.var.author.tenantId, c.req.valid("query"));
		return c.json({ data: items, meta: { ...metaOf(c.var.info), ...more } }, 200);
	});
	app.openapi(routes.verify, async (c) =>
		c.json(sealed(c, await verifyKey(depsOf(c), c.var.author, c.req.valid("json"))), 200),
	);
	app.openapi(routes.get, async (c) =>
		c.json(sealed(c, await getKey(depsOf(c), c.var.author.tenantId, c.req.valid("param").id)), 200),
	);
	app.openapi(routes.update, async (c) => {
		const input = { ...c.req.valid("json"), ...c.req.valid("param") };
		return c.json(sealed(c, await updateKey(depsOf(c), c.var.author, input)), 200);
	});
	app.openapi(routes.revoke, async (c) => {
		const { reason = null } = c.req.valid("json");
		return c.json(sealed(c, await revokeKey(depsOf(c), c.var.author, c.req.valid("param").id, reason)), 200);
	});
	app.openapi(routes.rotate, async (c) => {
		const input = { ...c.req.valid("json"), ...c.req.valid("param") };
		const name = idempotencyKeyOf(c.req.raw);
		const attempt = name === undefined ? undefined : attemptOf(name, input);
		const rotated = await rotateOnce(depsOf(c), c.var.author, input, attempt);
		if ("repeated" in rotated) return c.json(sealedReplay(c, rotated.repeated), 200, REPLAYED);
		return c.json(sealed(c, rotated), 201, addressOf(rotated.api_key));
	});
	app.openapi(routes.delete, async (c) => {
		await deleteKey(depsOf(c), c.var.author, c.req.valid("param").id);
		return c.body(null, 204);
	});
	app.openapi(routes.usage, async (c) => {
		const input = { ...c.req.valid("query"), ...c.req.valid("param") };
		return c.json(sealed(c, await keyUsage(depsOf(c), c.var.author.tenantId, input)), 200);
	});
	app.openapi(routes.audit, async (c) => {
		const { items, next_cursor } = await listAudit(depsOf(c), c.var.author.tenantId, c.req.valid("query"));
		return c.json({ data: items, meta: { ...metaOf(c.var.info), next_cursor } }, 200);
	});
	app.openapi(routes.scopes, (c) =>
		c.json({ data: scopeList.items, meta: { ...metaOf(c.var.info), next_cursor: null } }, 200),
	);
}
