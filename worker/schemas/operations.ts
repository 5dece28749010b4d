/** What the operators of the platform see of the running service. */
import { z } from "zod";

export const operationsOverviewInput = z.strictObject({});

/** What the service needs in order to work. `GET /readyz` asks the same. */
const CHECKS = ["database", "schema", "gate", "jurisdiction"] as const;

const checkSchema = z.object({
	name: z.enum(CHECKS).describe("What was asked."),
	ok: z.boolean().describe("Whether it responded in time."),
	milliseconds: z.number().int().describe("How long the response took."),
});

export const operationsOverviewSchema = z
	.object({
		checks: z.array(checkSchema).describe("What the service needs, asked just now."),
	})
	.meta({ id: "OperationsOverview" });

export type Check = z.infer<typeof checkSchema>;
export type OperationsOverview = z.infer<typeof operationsOverviewSchema>;
