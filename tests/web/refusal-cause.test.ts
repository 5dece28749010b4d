/** The messages by which the sandbox recognises a refusal, compared with those of the service. */
import { describe, expect, it } from "vitest";
import { causeOf, type RefusalCause } from "../../web/features/sandbox/refusal-cause.ts";
import { refusalOf } from "../../worker/admission/refusal.ts";
import type { Verdict, WindowState } from "../../worker/keys/verdict.ts";

const window: WindowState = { limit: 10, remaining: 9, resetsAt: 0, resetSeconds: 60 };
const bodyOf = (verdict: Exclude<Verdict, { code: "VALID" }>) => ({ error: refusalOf(verdict) });

describe("the cause of a refusal", () => {
	it.each<[RefusalCause, Exclude<Verdict, { code: "VALID" }>]>([
		["body", { code: "BAD_SIGNATURE", mismatch: { cause: "empty body" } }],
		["path", { code: "BAD_SIGNATURE", mismatch: { cause: "path", spelling: "without /v1" } }],
		["time", { code: "BAD_SIGNATURE", mismatch: { cause: "time", behindSeconds: 90 } }],
		["time", { code: "BAD_SIGNATURE", mismatch: { cause: "time", behindSeconds: -90 } }],
		["time", { code: "OUTDATED", window }],
		["method", { code: "BAD_SIGNATURE", mismatch: { cause: "method", signed: "get" } }],
		["mismatch", { code: "BAD_SIGNATURE", mismatch: { cause: "body or secret" } }],
		["replay", { code: "REPLAYED", window }],
		["uncertain", { code: "UNCERTAIN", retrySeconds: 5, window }],
	])("is %s for %j", (cause, verdict) => {
		expect(causeOf(bodyOf(verdict))).toBe(cause);
	});

	it("is unknown for refusals that have nothing to do with the signature, and for other responses", () => {
		const others: Exclude<Verdict, { code: "VALID" }>[] = [
			{ code: "REVOKED", window },
			{ code: "MISSING_SCOPE", scope: "leads:read", window },
			{ code: "RATE_LIMITED", window },
			{ code: "UNAVAILABLE" },
		];
		for (const verdict of others) expect(causeOf(bodyOf(verdict))).toBeNull();
		for (const body of [undefined, null, "text", {}, { error: null }, { error: "text" }, { data: {} }])
			expect(causeOf(body)).toBeNull();
	});
});
