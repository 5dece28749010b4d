import type { TRPCRouterRecord } from "@trpc/server";
import {
	operationsOverviewInput,
	operationsOverviewSchema,
	operationsSecretsInput,
	operationsSecretsSchema,
} from "../../schemas/operations.ts";
import { operationsOverview } from "../../services/operations-overview.ts";
import { operationsSecrets } from "../../services/secrets.ts";
import { platformProcedure } from "../procedures.ts";

/** The running service, for the platform's operators. */
export const operationsRouter = {
	/** The state of the service, asked just now. */
	overview: platformProcedure
		.input(operationsOverviewInput.prefault({}))
		.output(operationsOverviewSchema)
		.query(({ ctx }) => operationsOverview(ctx.deps)),

	/** The generations of every secret, and what depends on the previous one. */
	secrets: platformProcedure
		.input(operationsSecretsInput.prefault({}))
		.output(operationsSecretsSchema)
		.query(({ ctx }) => operationsSecrets(ctx.deps)),
} satisfies TRPCRouterRecord;
