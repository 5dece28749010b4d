import type { TRPCRouterRecord } from "@trpc/server";
import { z } from "zod";
import {
	apiKeyDetailSchema,
	apiKeySchema,
	createKeySchema,
	deleteKeySchema,
	issuedKeySchema,
	keyIdSchema,
	keyListSchema,
	listKeysSchema,
	revokeKeySchema,
	rotatedKeySchema,
	rotateKeySchema,
	updateKeySchema,
	verificationSchema,
	verifyKeySchema,
} from "../../schemas/api-key.ts";
import { usageQuerySchema, usageSchema } from "../../schemas/usage.ts";
import { createKey, rotateKey } from "../../services/key-issue.ts";
import { listKeys } from "../../services/key-list.ts";
import { verifyKey } from "../../services/key-verify.ts";
import { deleteKey, getKey, revokeKey, updateKey } from "../../services/keys.ts";
import { keyUsage } from "../../services/usage.ts";
import { manageProcedure } from "../procedures.ts";

/** The API keys of a tenant. */
export const keysRouter = {
	/** Creates a key. Only this response shows it. */
	create: manageProcedure
		.input(createKeySchema)
		.output(issuedKeySchema)
		.mutation(({ ctx, input }) => createKey(ctx.deps, ctx.author, input)),

	/** One page of the keys, with the number of keys in each state. */
	list: manageProcedure
		.input(listKeysSchema.prefault({}))
		.output(keyListSchema)
		.query(({ ctx, input }) => listKeys(ctx.deps, ctx.author.tenantId, input)),

	/** One key, read live from its gate. */
	get: manageProcedure
		.input(keyIdSchema)
		.output(apiKeyDetailSchema)
		.query(({ ctx, input }) => getKey(ctx.deps, ctx.author.tenantId, input.id)),

	/** Changes settings. They apply to the very next request. `CONFLICT` for a revoked key. */
	update: manageProcedure
		.input(updateKeySchema)
		.output(apiKeySchema)
		.mutation(({ ctx, input }) => updateKey(ctx.deps, ctx.author, input)),

	/** Creates a successor with the same settings. The old key works until it is revoked. `CONFLICT` for a revoked key. */
	rotate: manageProcedure
		.input(rotateKeySchema)
		.output(rotatedKeySchema)
		.mutation(({ ctx, input }) => rotateKey(ctx.deps, ctx.author, input)),

	/** Revokes a key for good, before it responds. Idempotent. */
	revoke: manageProcedure
		.input(revokeKeySchema)
		.output(apiKeySchema)
		.mutation(({ ctx, input }) => revokeKey(ctx.deps, ctx.author, input)),

	/** Removes a key and its usage. The audit trail keeps that it existed. */
	delete: manageProcedure
		.input(deleteKeySchema)
		.output(z.object({ id: z.string(), deleted: z.literal(true) }))
		.mutation(({ ctx, input }) => deleteKey(ctx.deps, ctx.author, input)),

	/** Requests per hour or day, including the current hour. */
	usage: manageProcedure
		.input(usageQuerySchema)
		.output(usageSchema)
		.query(({ ctx, input }) => keyUsage(ctx.deps, ctx.author.tenantId, input)),

	/** The verdict on a key of the tenant. Counts as a request of the key unless `consume` is false. */
	verify: manageProcedure
		.input(verifyKeySchema)
		.output(verificationSchema)
		.mutation(({ ctx, input }) => verifyKey(ctx.deps, ctx.author, input)),
} satisfies TRPCRouterRecord;
