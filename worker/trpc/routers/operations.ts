import type { TRPCRouterRecord } from "@trpc/server";
import {
	deliveriesInput,
	deliveriesSchema,
	operationsOverviewInput,
	operationsOverviewSchema,
	operationsSecretsInput,
	operationsSecretsSchema,
} from "../../schemas/operations.ts";
import {
	openTokenListSchema,
	openTokensSchema,
	reconcileKeysSchema,
	reconcileObjectsSchema,
	reconcilePageSchema,
} from "../../schemas/reconcile.ts";
import { deliveries } from "../../services/deliveries.ts";
import { operationsOverview } from "../../services/operations-overview.ts";
import { openTokens, reconcileKeys, reconcileObjects } from "../../services/reconcile.ts";
import { operationsSecrets } from "../../services/secrets.ts";
import { platformProcedure } from "../procedures.ts";

/** The running service, for the platform's operators. */
export const operationsRouter = {
	/** The state of the service, checked just now. */
	overview: platformProcedure
		.input(operationsOverviewInput.prefault({}))
		.output(operationsOverviewSchema)
		.query(({ ctx }) => operationsOverview(ctx.deps)),

	/** The generations of every secret, and what depends on the previous one. */
	secrets: platformProcedure
		.input(operationsSecretsInput.prefault({}))
		.output(operationsSecretsSchema)
		.query(({ ctx }) => operationsSecrets(ctx.deps)),

	/** How far the database is behind the gates of these keys. */
	deliveries: platformProcedure
		.input(deliveriesInput)
		.output(deliveriesSchema)
		.query(({ ctx, input }) => deliveries(ctx.deps, input)),

	/** Compares the gates of the next keys in D1 with it, and repairs the difference. */
	reconcileKeys: platformProcedure
		.input(reconcileKeysSchema.prefault({}))
		.output(reconcilePageSchema)
		.mutation(({ ctx, input }) => reconcileKeys(ctx.deps, input)),

	/** Compares gates that were found by the ids of their objects with D1, and repairs the difference. */
	reconcileObjects: platformProcedure
		.input(reconcileObjectsSchema)
		.output(reconcilePageSchema)
		.mutation(({ ctx, input }) => reconcileObjects(ctx.deps, input)),

	/** Lists the valid management tokens of all tenants that were created before a time, and revokes them on request. */
	openTokens: platformProcedure
		.input(openTokensSchema)
		.output(openTokenListSchema)
		.mutation(({ ctx, input }) => openTokens(ctx.deps, ctx.platform, input)),
} satisfies TRPCRouterRecord;
