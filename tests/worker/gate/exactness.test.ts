/** The hourly limit is exact: never one admission too many, and without a crash not one too few. */
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { addTenant, asIntegration, createKey, token } from "../world.ts";

const tenant = await token({ tenantId: await addTenant() });

describe("a burst against one key", () => {
	it.each([1, 7, 100])("of three times its limit of %i admits exactly the limit", async (limit) => {
		const { key } = await createKey(tenant, { rate_limit: limit });
		const answers = await Promise.all(Array.from({ length: limit * 3 }, () => asIntegration(key)));
		const admitted = answers.filter((answer) => answer.status === 200);
		const limited = answers.filter((answer) => answer.status === 429);
		expect([admitted.length, limited.length]).toEqual([limit, limit * 2]);
		expect(env.KEY_GATE).toBeDefined();
	});
});
