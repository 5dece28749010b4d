import { env } from "cloudflare:workers";
import { beforeAll, describe, it } from "vitest";
import { readConfig } from "../../../worker/env.ts";
import { listKeysSchema } from "../../../worker/schemas/api-key.ts";
import { AUDIT_ACTIONS, listAuditSchema } from "../../../worker/schemas/audit.ts";
import { listLeadsSchema } from "../../../worker/schemas/lead.ts";
import { ENVIRONMENTS, KEY_SORTS, KEY_STATUSES } from "../../../worker/schemas/vocabulary.ts";
import { listAudit } from "../../../worker/services/audit.ts";
import { listKeys } from "../../../worker/services/key-list.ts";
import { listLeads } from "../../../worker/services/leads.ts";
import { metered } from "./metered.ts";
import { BIG, fillAtScale, NOW } from "./scale.ts";

beforeAll(fillAtScale, 300_000);
const others = {
	now: NOW,
	config: readConfig(env),
	gates: env.KEY_GATE,
	loginLimiter: { limit: async () => ({ success: true }) },
};
const out: string[] = [];
const keys = async (label: string, input: Record<string, unknown>) => {
	const t = performance.now();
	const { result, ...spent } = await metered((db) => listKeys({ ...others, db }, BIG, listKeysSchema.parse(input)));
	out.push(
		`${label} ${JSON.stringify(input)} read=${spent.read} trips=${spent.trips} items=${result.items.length} ${result.counts_capped ? "capped" : ""} ${JSON.stringify(result.counts)} ${Math.round(performance.now() - t)}ms first=${result.items[0]?.name}`,
	);
	return result;
};
describe("measure", () => {
	it("keys", async () => {
		for (const sort of KEY_SORTS)
			for (const f of [
				{},
				...KEY_STATUSES.map((status) => ({ status })),
				{ environment: "test" },
				{ environment: "test", status: "active" },
				...[1, 14, 30, 3650].map((d) => ({ expires_within_days: d })),
			]) {
				const first = await keys("page", { sort, ...f });
				if (first.next_cursor) await keys("next", { sort, ...f, cursor: first.next_cursor });
			}
		for (const search of [
			"quixotic",
			"crm",
			"zurich",
			"sk_live",
			"sk_",
			"s",
			"z",
			"q",
			"qx",
			"nothing at all",
			"abcd",
			"99999",
			"partner aurora imoveis 7",
			"e",
			" ",
		])
			for (const f of [
				{},
				{ sort: "name" },
				{ sort: "usage_count", status: "active" },
				{ environment: "test" },
				{ status: "expired" },
			])
				await keys("search", { search, ...f });
		console.log(out.join("\n"));
	});
}, 300_000);
