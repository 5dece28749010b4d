/** The state of a key as people see it. */
import { describe, expect, it } from "vitest";
import { hasEnded, isRotating, keyState } from "../../web/features/keys/key-state.ts";
import { DAY_MS as DAY } from "../../worker/schemas/time.ts";

const NOW = Date.UTC(2026, 0, 15, 12);
const inDays = (days: number) => new Date(NOW + days * DAY).toISOString();
const key = (expires: number | null, revokes: number | null, status: "active" | "expired" | "revoked" = "active") => ({
	status,
	expires_at: expires === null ? null : inDays(expires),
	revokes_at: revokes === null ? null : inDays(revokes),
});

describe("the state of a key", () => {
	it.each([
		[key(null, null), "active"],
		[key(15, null), "active"],
		[key(14, null), "expiring"],
		[key(0.001, null), "expiring"],
		[key(null, 1), "ending"],
		[key(30, 7), "ending"],
		[key(2, 7), "expiring"],
		[key(5, null, "revoked"), "revoked"],
		[key(null, 1, "revoked"), "revoked"],
		[key(-1, null, "expired"), "expired"],
	] as const)("of %o is %s", (given, expected) => {
		expect(keyState(given, NOW)).toBe(expected);
	});

	it("changes when the time comes, before the service confirms it", () => {
		expect(keyState(key(1, null), NOW + DAY)).toBe("expired");
		expect(keyState(key(30, 1), NOW + DAY)).toBe("revoked");
	});

	it("counts as ended if requests are rejected", () => {
		expect(["active", "expiring", "ending", "expired", "revoked"].map((state) => hasEnded(state as "active"))).toEqual([
			false,
			false,
			false,
			true,
			true,
		]);
	});
});

describe("a rotation", () => {
	it("is under way while the old key still works and has a successor", () => {
		expect(isRotating({ status: "active", rotated_to: "AAAAAAAAAAAA" })).toBe(true);
		expect(isRotating({ status: "revoked", rotated_to: "AAAAAAAAAAAA" })).toBe(false);
		expect(isRotating({ status: "active", rotated_to: null })).toBe(false);
	});
});
