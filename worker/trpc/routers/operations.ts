import type { TRPCRouterRecord } from "@trpc/server";
import { operationsOverviewInput, operationsOverviewSchema } from "../../schemas/operations.ts";
import { operationsOverview } from "../../services/operations-overview.ts";
import { platformProcedure } from "../procedures.ts";

/** The running service, for the platform's operators. */
export const operationsRouter = {
	/** The state of the service, asked just now. */
	overview: platformProcedure
		.input(operationsOverviewInput.prefault({}))
		.output(operationsOverviewSchema)
		.query(({ ctx }) => operationsOverview(ctx.deps)),
} satisfies TRPCRouterRecord;
