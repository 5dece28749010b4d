/** The dialogs that revoke and delete: typed text, callers and times. */
import { describe, expect, it } from "vitest";
import { distinctCallers } from "../../web/features/keys/distinct-callers.ts";
import { isSameName, REASON_MAX, reasonFault } from "../../web/features/keys/revoke-delete/typed-text.ts";
import { formatAgo, formatSince, formatUntil } from "../../web/i18n/format.ts";
import { revokeKeySchema } from "../../worker/schemas/api-key.ts";

describe("typing a name to confirm", () => {
	it.each([
		["CRM Nightly Sync", "CRM Nightly Sync"],
		["  CRM Nightly Sync ", "CRM Nightly Sync"],
		// One letter in two encodings.
		["Integrac\u0327a\u0303o", "Integração"],
		// The page shows these as one space.
		["CRM Nightly", "CRM  Nightly"],
		["CRM Nightly", "CRM\u00a0Nightly"],
	])("accepts %j for %j", (typed, name) => {
		expect(isSameName(typed, name)).toBe(true);
	});

	it.each([
		["crm nightly sync", "CRM Nightly Sync"],
		["CRM", "CRM Nightly Sync"],
		["", "CRM Nightly Sync"],
		["Integracao", "Integração"],
		["CRMNightly", "CRM Nightly"],
	])("rejects %j for %j", (typed, name) => {
		expect(isSameName(typed, name)).toBe(false);
	});
});

describe("the reason for revoking", () => {
	/** Built here, so that no text of the repository looks like a key. */
	const keyLike = `sk_live_${"a1".repeat(24)}`;

	it.each([
		["", null],
		["Rotated", null],
		["x".repeat(REASON_MAX), null],
		[`  ${"x".repeat(REASON_MAX)}  `, null],
		["x".repeat(REASON_MAX + 1), "too-long"],
		[`was in a log: ${keyLike}`, "has-key"],
		[`was ${keyLike.slice(0, 12)}`, null],
	])("%j", (reason, fault) => {
		expect(reasonFault(reason)).toBe(fault);
		// The service's schema agrees, except that an empty reason is not sent.
		if (reason !== "") expect(revokeKeySchema.safeParse({ id: "k", reason }).success).toBe(fault === null);
	});
});

describe("recent callers", () => {
	const seen = (ip: string, user_agent: string, endpoint: string, last_seen_at: string, count: number) => ({
		ip,
		user_agent,
		endpoint,
		last_seen_at,
		count,
		refused: 0,
	});

	it("are grouped by IP address and program, newest first", () => {
		expect(
			distinctCallers([
				seen("10.0.0.1", "curl/8", "GET /v1/leads", "2031-01-01T00:00:09.000Z", 2),
				seen("10.0.0.2", "curl/8", "GET /v1/leads", "2031-01-01T00:00:08.000Z", 1),
				seen("10.0.0.1", "curl/8", "GET /v1/whoami", "2031-01-01T00:00:07.000Z", 3),
				seen("10.0.0.1", "wget", "GET /v1/leads", "2031-01-01T00:00:06.000Z", 1),
			]).map(({ ip, userAgent, endpoint, count }) => [ip, userAgent, endpoint, count]),
		).toEqual([
			["10.0.0.1", "curl/8", "GET /v1/leads", 5],
			["10.0.0.2", "curl/8", "GET /v1/leads", 1],
			["10.0.0.1", "wget", "GET /v1/leads", 1],
		]);
	});
});

describe("times in sentences", () => {
	const NOW = Date.parse("2031-01-01T12:00:00.000Z");
	const iso = (ms: number) => new Date(NOW + ms).toISOString();

	it("never show a past event in the future, even if clocks differ", () => {
		expect(formatAgo(iso(-12_000), NOW)).toBe("12 seconds ago");
		expect(formatAgo(iso(0), NOW)).toBe("1 second ago");
		expect(formatAgo(iso(5_000), NOW)).toBe("1 second ago");
		expect(formatSince(iso(5_000), NOW)).toBe("1 second");
	});

	it("round the time since the last use down", () => {
		expect(formatSince(iso(-12.9 * 60_000), NOW)).toBe("12 minutes");
	});

	it("show a future event at least a second ahead", () => {
		expect(formatUntil(iso(23 * 3_600_000), NOW)).toBe("23 hours");
		expect(formatUntil(iso(-1), NOW)).toBe("1 second");
	});
});
