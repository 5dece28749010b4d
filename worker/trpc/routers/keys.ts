import type { TRPCRouterRecord } from "@trpc/server";
import { z } from "zod";
import { AppError } from "../../errors.ts";
import {
	type ApiKey,
	apiKeyDetailSchema,
	apiKeySchema,
	createKeySchema,
	deleteKeySchema,
	issuedKeySchema,
	keyIdSchema,
	revokeKeySchema,
	rotatedKeySchema,
	rotateKeySchema,
	updateKeySchema,
} from "../../schemas/api-key.ts";
import { importKeysSchema, keysImportedSchema } from "../../schemas/key-import.ts";
import { keyListSchema, listKeysSchema } from "../../schemas/key-list.ts";
import { verificationSchema, verifyKeySchema } from "../../schemas/key-verify.ts";
import { usageQuerySchema, usageSchema } from "../../schemas/usage.ts";
import { attemptOf } from "../../services/idempotency.ts";
import { importKeys } from "../../services/key-import.ts";
import { createKey, createKeyOnce, type Replay, rotateKey, rotateOnce } from "../../services/key-issue.ts";
import { listFreshKeys } from "../../services/key-list.ts";
import { verifyKey } from "../../services/key-verify.ts";
import { deleteKey, getKey, revokeKey, updateKey } from "../../services/keys.ts";
import { keyUsage } from "../../services/usage.ts";
import { permittedProcedure, tenantPlatformProcedure } from "../procedures.ts";

/** As the header `Idempotency-Key` of REST: a retry after a lost response creates nothing. */
const onceOnly = {
	idempotency_key: z
		.string()
		.regex(/^[!-~]{1,255}$/, "Must be 1 to 255 visible ASCII characters")
		.optional()
		.describe(
			"A new, unique value for each key to create, such as a UUID. A retry with the same value and input within 24 hours fails with `CONFLICT`, and `details` names the key that the first request created.",
		),
};

/**
 * What was created now. A replay is an error here: a procedure has one result type, and the secret that every caller
 * needs is not in it.
 */
function issued<T>(result: T | Replay<ApiKey>): T {
	if (!isReplay(result)) return result;
	throw new AppError("CONFLICT", "The key was created by an earlier request. Its secret was shown then, only once.", {
		details: [{ field: "idempotency_key", message: result.replay.id }],
	});
}

const isReplay = <T>(result: T | Replay<ApiKey>): result is Replay<ApiKey> =>
	typeof result === "object" && result !== null && "replay" in result;

/** The API keys of a tenant. */
export const keysRouter = {
	/** Creates a key. Only this response shows it. */
	create: permittedProcedure("keys:write")
		.input(createKeySchema.safeExtend(onceOnly))
		.output(issuedKeySchema)
		.mutation(async ({ ctx, input: { idempotency_key, ...input } }) => {
			if (idempotency_key === undefined) return createKey(ctx.deps, ctx.author, input);
			return issued(await createKeyOnce(ctx.deps, ctx.author, input, attemptOf(idempotency_key, ctx.author, input)));
		}),

	/** Imports keys of another system with their hashes. Importing a hash twice changes nothing. */
	import: tenantPlatformProcedure
		.input(importKeysSchema)
		.output(keysImportedSchema)
		.mutation(({ ctx, input }) => importKeys(ctx.deps, ctx.author, input)),

	/** One page of the keys, with the number of keys in each state. */
	list: permittedProcedure("keys:read")
		.input(listKeysSchema.prefault({}))
		.output(keyListSchema)
		.query(({ ctx, input }) => listFreshKeys(ctx.deps, ctx.author.tenantId, input)),

	/** One key, read live from its gate. */
	get: permittedProcedure("keys:read")
		.input(keyIdSchema)
		.output(apiKeyDetailSchema)
		.query(({ ctx, input }) => getKey(ctx.deps, ctx.author.tenantId, input.id)),

	/** Changes settings. They apply to the very next request. `CONFLICT` for a revoked key. */
	update: permittedProcedure("keys:write")
		.input(updateKeySchema)
		.output(apiKeySchema)
		.mutation(({ ctx, input }) => updateKey(ctx.deps, ctx.author, input)),

	/** Creates a successor with the same settings. The old key works until it is revoked. `CONFLICT` for a revoked key. */
	rotate: permittedProcedure("keys:write")
		.input(rotateKeySchema.extend(onceOnly))
		.output(rotatedKeySchema)
		.mutation(async ({ ctx, input: { idempotency_key, ...input } }) => {
			if (idempotency_key === undefined) return rotateKey(ctx.deps, ctx.author, input);
			const result = await rotateOnce(ctx.deps, ctx.author, input, attemptOf(idempotency_key, ctx.author, input));
			return issued("replay" in result ? { replay: result.replay.api_key } : result);
		}),

	/** Revokes a key for good, before it responds. Idempotent. */
	revoke: permittedProcedure("keys:write")
		.input(revokeKeySchema)
		.output(apiKeySchema)
		.mutation(({ ctx, input }) => revokeKey(ctx.deps, ctx.author, input)),

	/** Removes a key and its usage. The audit trail keeps that it existed. */
	delete: permittedProcedure("keys:write")
		.input(deleteKeySchema)
		.output(z.object({ id: z.string(), deleted: z.literal(true) }))
		.mutation(({ ctx, input }) => deleteKey(ctx.deps, ctx.author, input)),

	/** Requests per hour or day, including the current hour. */
	usage: permittedProcedure("keys:read")
		.input(usageQuerySchema)
		.output(usageSchema)
		.query(({ ctx, input }) => keyUsage(ctx.deps, ctx.author.tenantId, input)),

	/** The verdict on a key of the tenant. Counts as a request of the key unless `consume` is false. */
	verify: permittedProcedure("keys:verify")
		.input(verifyKeySchema)
		.output(verificationSchema)
		.mutation(({ ctx, input }) => verifyKey(ctx.deps, ctx.author, input)),
} satisfies TRPCRouterRecord;
