/** The decision on a request: its verdict, and the order of the reasons for a refusal. */
import { describe, expect, it } from "vitest";
import { type AdmissionRequest, decide } from "../../../worker/keys/decide.ts";
import { isIpAllowed, parseIpRules } from "../../../worker/keys/ip-allowlist.ts";
import type { KeySnapshot } from "../../../worker/keys/snapshot.ts";

const NOW = Date.UTC(2026, 5, 1, 10, 15);
const HASH = "a".repeat(64);

const key: KeySnapshot = {
	id: "abcdefghijkl",
	tenantId: "ten_a",
	environment: "live",
	name: "Key",
	secretHash: HASH,
	keyPrefix: "sk_live_abcd",
	lastFour: "wxyz",
	scopes: ["default:sync"],
	rateLimit: 10,
	ipAllowlist: [],
	createdAt: NOW - 1_000,
	createdBy: "usr_a",
	expiresAt: null,
	revokedAt: null,
	revokeAt: null,
	revokedBy: null,
	rotatedFrom: null,
	rotatedTo: null,
	version: 1,
};
const request: AdmissionRequest = {
	secretHash: HASH,
	scope: "default:sync",
	ip: "203.0.113.7",
	tenantId: null,
	consume: true,
};

function verdict(
	{ isSuspended = false, ...changes }: Partial<KeySnapshot> & { isSuspended?: boolean },
	asked: Partial<AdmissionRequest> = {},
	allowed = 0,
) {
	const snapshot = { ...key, ...changes };
	const decided = { key: snapshot, ipRules: parseIpRules(snapshot.ipAllowlist), isSuspended };
	return decide(decided, { ...request, ...asked }, allowed, NOW);
}

describe("a request with the right key", () => {
	it("is admitted, and its verdict has the state of the hour after it", () => {
		expect(verdict({}, {}, 3)).toEqual({
			code: "VALID",
			key: {
				id: key.id,
				tenantId: "ten_a",
				name: "Key",
				environment: "live",
				scopes: ["default:sync"],
				expiresAt: null,
			},
			window: { limit: 10, remaining: 6, resetsAt: Date.UTC(2026, 5, 1, 11), resetSeconds: 45 * 60 },
		});
	});

	it.each([
		["an empty list of scopes grants every endpoint", { scopes: [] }, { scope: "leads:write" }, "VALID"],
		["an endpoint without a scope admits any key", {}, { scope: null }, "VALID"],
		["a key without the scope is refused", {}, { scope: "leads:read" }, "MISSING_SCOPE"],
		["a listed IP address is admitted", { ipAllowlist: ["203.0.113.0/24"] }, {}, "VALID"],
		["another IP address is refused", { ipAllowlist: ["198.51.100.1"] }, {}, "ADDRESS_NOT_ALLOWED"],
		[
			"an unknown IP address is refused if there is a list",
			{ ipAllowlist: ["203.0.113.0/24"] },
			{ ip: null },
			"ADDRESS_NOT_ALLOWED",
		],
		["an expired key is refused from the exact millisecond", { expiresAt: NOW }, {}, "EXPIRED"],
		["a key is admitted until its expiry", { expiresAt: NOW + 1 }, {}, "VALID"],
		["a revoked key is refused, even if a clock is behind", { revokedAt: NOW + 5_000 }, {}, "REVOKED"],
		["a scheduled revocation applies from the exact millisecond", { revokeAt: NOW }, {}, "REVOKED"],
		["a key is admitted until its scheduled revocation", { revokeAt: NOW + 1 }, {}, "VALID"],
		["a key of a suspended tenant is refused", { isSuspended: true }, {}, "TENANT_SUSPENDED"],
		["a wrong secret reveals no suspension", { isSuspended: true }, { secretHash: "b".repeat(64) }, "NOT_FOUND"],
		["another tenant's caller learns of no suspension", { isSuspended: true }, { tenantId: "ten_b" }, "NOT_FOUND"],
		["the caller may name the key's tenant", {}, { tenantId: "ten_a" }, "VALID"],
		["the key is not found in another tenant", {}, { tenantId: "ten_b" }, "NOT_FOUND"],
		["a key with a wrong secret is not found", {}, { secretHash: "b".repeat(64) }, "NOT_FOUND"],
	] as const)("%s", (_name, changes, asked, code) => {
		expect(verdict(changes as Partial<KeySnapshot>, asked).code).toBe(code);
	});

	it("is refused only once the limit is reached", () => {
		expect(verdict({}, {}, 9).code).toBe("VALID");
		expect(verdict({}, {}, 10).code).toBe("RATE_LIMITED");
		expect(verdict({ rateLimit: 5 }, {}, 10)).toMatchObject({ code: "RATE_LIMITED", window: { remaining: 0 } });
	});
});

it("reasons have a fixed order: secret, revoked, expired, tenant, IP address, scope, hour", () => {
	const everything = {
		isSuspended: true,
		revokeAt: NOW,
		expiresAt: NOW,
		ipAllowlist: ["198.51.100.1"],
		scopes: ["leads:read"],
		rateLimit: 1,
	};
	const codes = [
		verdict(everything, { secretHash: "b".repeat(64) }, 1),
		verdict(everything, {}, 1),
		verdict({ ...everything, revokeAt: null }, {}, 1),
		verdict({ ...everything, revokeAt: null, expiresAt: null }, {}, 1),
		verdict({ ...everything, revokeAt: null, expiresAt: null, isSuspended: false }, {}, 1),
		verdict({ ...everything, revokeAt: null, expiresAt: null, isSuspended: false, ipAllowlist: [] }, {}, 1),
		verdict({ rateLimit: 1 }, {}, 1),
	].map(({ code }) => code);
	expect(codes).toEqual([
		"NOT_FOUND",
		"REVOKED",
		"EXPIRED",
		"TENANT_SUSPENDED",
		"ADDRESS_NOT_ALLOWED",
		"MISSING_SCOPE",
		"RATE_LIMITED",
	]);
});

describe("an allow-list", () => {
	it.each([
		["203.0.113.7", "203.0.113.7", true],
		["203.0.113.7", "203.0.113.8", false],
		["203.0.113.0/24", "203.0.113.255", true],
		["203.0.113.0/24", "203.0.114.0", false],
		["10.1.2.3/8", "10.255.0.1", true],
		["2001:db8::/32", "2001:db8:1::1", true],
		["2001:db8::/32", "2001:db9::1", false],
		["2001:DB8::1", "2001:db8:0:0:0:0:0:1", true],
		["203.0.113.7", "::ffff:203.0.113.7", true],
		["::ffff:203.0.113.7", "203.0.113.7", true],
		["::ffff:203.0.113.0/120", "203.0.113.7", true],
		["::ffff:203.0.113.0/120", "203.0.114.7", false],
		["0.0.0.0/0", "2001:db8::1", false],
		["::/0", "203.0.113.7", false],
		["not an address", "203.0.113.7", false],
		["203.0.113.7", "not an address", false],
	])("of %s and the IP address %s: allowed is %s", (entry, ip, allowed) => {
		expect(isIpAllowed(parseIpRules([entry]), ip)).toBe(allowed);
	});
});
