/** Packing and unpacking a verdict between gate and Worker loses nothing. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { SCOPES } from "../../../db/enums.ts";
import { pack, unpack } from "../../../worker/gate/protocol.ts";
import type { GateVerdict } from "../../../worker/keys/verdict.ts";

const ID = "abcdefghijkl";
const window = fc.record({ limit: fc.nat(), remaining: fc.nat(), resetsAt: fc.nat(), resetSeconds: fc.nat() });
const key = fc.record({
	id: fc.constant(ID),
	tenantId: fc.string(),
	name: fc.string(),
	environment: fc.constantFrom("live" as const, "test" as const),
	scopes: fc.uniqueArray(fc.constantFrom(...SCOPES)),
	expiresAt: fc.option(fc.nat()),
});
const verdict: fc.Arbitrary<GateVerdict> = fc.oneof(
	fc.record({ code: fc.constant("VALID" as const), key, window }),
	fc.record({ code: fc.constant("NOT_FOUND" as const), final: fc.boolean() }),
	fc.record({ code: fc.constant("MISSING_SCOPE" as const), scope: fc.string(), window }),
	fc.record({
		code: fc.constantFrom(
			"REVOKED" as const,
			"EXPIRED" as const,
			"TENANT_SUSPENDED" as const,
			"ADDRESS_NOT_ALLOWED" as const,
			"RATE_LIMITED" as const,
			"REPLAYED" as const,
			"OUTDATED" as const,
		),
		window,
	}),
	fc.record({ code: fc.constant("UNCERTAIN" as const), retrySeconds: fc.nat(), window }),
	fc.constant({ code: "UNAVAILABLE" as const }),
);

it("every verdict is the same after packing and unpacking", () => {
	fc.assert(
		fc.property(verdict, (given) => {
			expect(unpack(structuredClone(pack(given)), ID)).toEqual(given);
		}),
	);
});

it("every refusal of a known key names its tenant, for data points", () => {
	fc.assert(
		fc.property(verdict, (given) => {
			const read = unpack(structuredClone(pack(given, "ten_known")), ID);
			const isRefusalOfKey = "window" in given && given.code !== "VALID";
			expect(read).toEqual(isRefusalOfKey ? { ...given, tenantId: "ten_known" } : given);
		}),
	);
});
