/** The message of each field says what to send, in words that need no knowledge of JavaScript or zod. */
import { expect, it } from "vitest";
import { addTenant, token } from "../fixtures.ts";
import { call, tenantWithKeys } from "./tenant-with-keys.ts";

const { live } = await tenantWithKeys();
const admin = await token({ tenantId: await addTenant() });

it.each([
	["key", "/v1/leads", { name: "Bruno", custom_fields: [] }, "Must be an object"],
	["key", "/v1/leads", { name: 7 }, "Must be a string"],
	["key", "/v1/leads", {}, "Is required"],
	["key", "/v1/leads", { name: "Bruno", tags: "demo" }, "Must be a list"],
	["key", "/v1/leads", { name: "Bruno", status: "old" }, /^Must be one of: new, contacted, /],
	["key", "/v1/sync_activities", { activities: [] }, "Must have at least 1 item"],
	["admin", "/v1/api-keys", { name: "x", rate_limit: 0 }, "Must be at least 1"],
	["admin", "/v1/api-keys", { name: "x", rate_limit: 1_000_001 }, "Must be at most 1000000"],
	["admin", "/v1/api-keys", { name: "x", rate_limit: 1.5 }, "Must be an integer"],
	["admin", "/v1/api-keys", { name: "x", rate_limit: "5" }, "Must be a number"],
	["admin", "/v1/api-keys", { name: "" }, "Must not be empty"],
	["admin", "/v1/api-keys", { name: "x", ip_allowlist: Array(51).fill("192.0.2.1") }, "Must have at most 50 items"],
	["admin", "/v1/api-keys/verify", { key: "" }, "Must not be empty"],
	["admin", "/v1/api-keys/verify", { key: "x", consume: "no" }, "Must be true or false"],
	["admin", "/v1/api-keys", "text", "Must be an object"],
])("%s, %s %j: %s", async (as, path, body, message) => {
	const reply = await call(as === "key" ? live : admin, "POST", path, body);
	const [detail] = reply.error.details ?? [];
	expect([reply.status, detail?.message]).toEqual([
		400,
		typeof message === "string" ? message : expect.stringMatching(message),
	]);
});
