import type { TRPCRouterRecord } from "@trpc/server";
import {
	createTokenSchema,
	issuedTokenSchema,
	listTokensSchema,
	managementTokenSchema,
	tokenIdSchema,
	tokenListSchema,
	updateTokenSchema,
} from "../../schemas/management-token.ts";
import { createToken, getToken, listTokens, revokeToken, updateToken } from "../../services/management-tokens.ts";
import { permittedProcedure } from "../procedures.ts";

/** Management tokens: credentials of programs, such as CI. */
export const tokensRouter = {
	/** Creates a token. Only this response contains it. */
	create: permittedProcedure("tokens:write")
		.input(createTokenSchema)
		.output(issuedTokenSchema)
		.mutation(({ ctx, input }) => createToken(ctx.deps, ctx.author, ctx.permissions, input)),

	/** Newest first. */
	list: permittedProcedure("tokens:read")
		.input(listTokensSchema.prefault({}))
		.output(tokenListSchema)
		.query(({ ctx, input }) => listTokens(ctx.deps, ctx.author.tenantId, input)),

	/** One token with its last use. */
	get: permittedProcedure("tokens:read")
		.input(tokenIdSchema)
		.output(managementTokenSchema)
		.query(({ ctx, input }) => getToken(ctx.deps, ctx.author.tenantId, input.id)),

	/** Changes name or allow-list. They apply to the next request. `CONFLICT` for a token that has ended. */
	update: permittedProcedure("tokens:write")
		.input(updateTokenSchema)
		.output(managementTokenSchema)
		.mutation(({ ctx, input }) => updateToken(ctx.deps, ctx.author, input)),

	/** Revokes a token for good, before it responds. Idempotent. */
	revoke: permittedProcedure("tokens:write")
		.input(tokenIdSchema)
		.output(managementTokenSchema)
		.mutation(({ ctx, input }) => revokeToken(ctx.deps, ctx.author, input.id)),
} satisfies TRPCRouterRecord;
