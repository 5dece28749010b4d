/** The form of a key: its input for the service and its errors. */
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { SCOPES } from "../../db/enums.ts";
import {
	addressEntries,
	changesOf,
	createInput,
	draftOf,
	type KeyDraft,
	newDraft,
	parseCount,
} from "../../web/features/keys/form/key-form-draft.ts";
import { errorsFromService, errorsOfChanged, errorsOfNew } from "../../web/features/keys/form/key-form-errors.ts";
import { lostAccessWarnings } from "../../web/features/keys/form/key-form-warnings.ts";
import { checkCreate } from "../../web/features/keys/form/validation.ts";
import { chooseLanguage } from "../../web/i18n/index.ts";
import { apiKey } from "../api-key.ts";

const NOW = Date.parse("2031-05-06T10:20:30.000Z");
const english = (value: number) => value.toLocaleString("en-US");
const draft = (changed: Partial<KeyDraft> = {}): KeyDraft => ({
	...newDraft("live", english),
	name: "CRM Nightly Sync",
	...changed,
});
const key = apiKey({
	scopes: ["default:sync", "leads:read"],
	ip_allowlist: ["203.0.113.0/24"],
	usage_count: 7,
	last_used_at: "2031-05-06T10:00:00.000Z",
});
const changed = (part: Partial<KeyDraft>): KeyDraft => ({ ...draftOf(key, english), ...part });

afterEach(() => chooseLanguage("en"));

describe("a new key", () => {
	it("starts with one scope, a limit and an expiry", () => {
		expect(createInput(draft())).toEqual({
			name: "CRM Nightly Sync",
			environment: "live",
			scopes: ["default:sync"],
			rate_limit: 1_000,
			ip_allowlist: [],
			expires_in_days: 90,
		});
		expect(errorsOfNew(draft(), NOW)).toEqual({});
	});

	it("is unrestricted only if the person chooses and confirms it", () => {
		const empty: unknown[] = [];
		fc.assert(
			fc.property(fc.subarray(SCOPES), fc.boolean(), fc.boolean(), (scopes, unrestricted, understood) => {
				const given = draft({ scopes, unrestricted, understood });
				const isEmpty = createInput(given).scopes?.length === 0;
				expect(isEmpty).toBe(unrestricted && understood);
				const errors = errorsOfNew(given, NOW);
				expect(Object.keys(errors)).toEqual(
					unrestricted ? (understood ? [] : ["understood"]) : scopes.length === 0 ? ["scopes"] : [],
				);
				if (isEmpty) empty.push(given);
			}),
		);
		expect(empty.length).toBeGreaterThan(0);
	});

	it("is accepted by the service's schema if the form accepts it, for any typed text", () => {
		fc.assert(
			fc.property(fc.string({ unit: "binary" }), fc.string(), fc.string(), (name, rateLimit, addresses) => {
				const given = draft({ name, rateLimit, addresses });
				const accepted = Object.keys(errorsOfNew(given, NOW)).length === 0;
				expect(accepted).toBe(checkCreate(createInput(given)).length === 0);
			}),
		);
		// A hundred whole forms take seconds on a busy machine.
	}, 30_000);
});

describe("typed numbers", () => {
	it.each([
		["1000", 1000],
		["1,000", 1000],
		["1.000", 1000],
		["1 000", 1000],
		[" 1\u202f000\u202f000 ", 1_000_000],
		["1,000,000", 1_000_000],
		["007", 7],
	])("parse %j as %i", (text, count) => expect(parseCount(text)).toBe(count));

	it.each(["", "1.5", "1,00", "1,000.000", "1e3", "-5", "ten", "1,0000", "½"])("reject %j", (text) =>
		expect(parseCount(text)).toBeNaN(),
	);
});

describe("error messages of the form", () => {
	it.each<[string, Partial<KeyDraft>, object]>([
		["no name", { name: "  " }, { name: "Give the key a name, so that people know what uses it." }],
		["a long name", { name: "x".repeat(101) }, { name: "Shorten the name to 100 characters." }],
		["a key as name", { name: `sk_live_${"a".repeat(48)}` }, { name: expect.stringContaining("contains an API key") }],
		["a control character", { name: "a\u0007b" }, { name: expect.stringContaining("cannot be displayed") }],
		[
			"a name that turns text round",
			{ name: "\u202egnitekram" },
			{ name: expect.stringContaining("cannot be displayed") },
		],
		["a name from right to left", { name: "تسويق 100%" }, {}],
		["half a character", { name: "a\ud800" }, { name: expect.stringContaining("cannot be displayed") }],
		["no limit", { rateLimit: "" }, { rate_limit: "Enter a whole number, such as 1,000." }],
		["no requests", { rateLimit: "0" }, { rate_limit: "Enter at least 1." }],
		["a huge limit", { rateLimit: "1000001" }, { rate_limit: "Enter at most 1,000,000." }],
		["an absurd limit", { rateLimit: "9".repeat(30) }, { rate_limit: "Enter at most 1,000,000." }],
		[
			"no date",
			{ expiry: { choice: "date", date: "" } },
			{ expires_at: expect.stringContaining("Choose the last day") },
		],
		[
			"a day that is over",
			{ expiry: { choice: "date", date: "2031-05-01" } },
			{ expires_at: expect.stringContaining("is in the past") },
		],
		[
			"the last day of all",
			{ expiry: { choice: "date", date: "9999-12-31" } },
			{ expires_at: expect.stringContaining("9999") },
		],
		[
			"too many addresses",
			{ addresses: "::1\n".repeat(51) },
			{ ip_allowlist: expect.stringContaining("at most 50 IP addresses") },
		],
	])("exist for the input: %s", (_, part, errors) => expect(errorsOfNew(draft(part), NOW)).toEqual(errors));

	it("name each line that is not an IP address, and no other", () => {
		const of = (addresses: string) => errorsOfNew(draft({ addresses }), NOW).ip_allowlist;
		expect(of("203.0.113.7\n\n2001:db8::/32, 10.0.0.0/8")).toBeUndefined();
		expect(of("203.0.113.7\n10.0.0.256")).toBe(
			"“10.0.0.256” in line 2 is not an IP address or block. Write it like 203.0.113.7 or 203.0.113.0/24.",
		);
		expect(of("a\n::1, b")).toContain("“a” in line 1 and “b” in line 2 are not IP addresses or blocks");
		expect(of("a\nb\nc\nd\ne")).toContain("“c” in line 3, and 2 more are not IP addresses");
		expect(of("x".repeat(500))?.length).toBeLessThan(200);
	});

	it("are in the reader's language", async () => {
		await chooseLanguage("pt-BR");
		expect(errorsOfNew(draft({ rateLimit: "x", addresses: "a\nb" }), NOW)).toEqual({
			rate_limit: "Digite um número inteiro, como 1.000.",
			ip_allowlist:
				"“a” na linha 1 e “b” na linha 2 não são endereços IP nem blocos. Escreva como 203.0.113.7 ou 203.0.113.0/24.",
		});
	});
});

describe("errors from the service", () => {
	it("are shown at the fields they name, in the reader's language if possible", () => {
		const details = [
			{ field: "expires_at", message: "Must lie in the future" },
			{ field: "name", message: "Must not rhyme" },
			{ field: "ip_allowlist.1", message: "Must be an IPv4 or IPv6 address" },
		];
		expect(errorsFromService(details, draft({ addresses: "::1\nfoo" }))).toEqual({
			errors: {
				expires_at: "This day is in the past. Choose today or a later day.",
				name: "Must not rhyme",
				ip_allowlist: expect.stringContaining("“foo” in line 2"),
			},
			rest: false,
		});
	});

	it("are not lost if they belong to no field of the form", () => {
		expect(errorsFromService([{ field: "body", message: "Unknown field" }], draft())).toEqual({
			errors: {},
			rest: true,
		});
		expect(errorsFromService([], draft())).toEqual({ errors: {}, rest: true });
	});
});

describe("changing a key", () => {
	it("sends nothing if nothing differs, even if it is written differently", () => {
		const same = changed({ name: " CRM Nightly Sync ", rateLimit: "1.000", addresses: " 203.0.113.0/24 ,\n" });
		expect(changesOf(key, same, NOW)).toEqual({});
		expect(changesOf(key, changed({ scopes: ["leads:read", "default:sync"] }), NOW)).toEqual({});
	});

	it.each<[Partial<KeyDraft>, object]>([
		[{ name: "Renamed" }, { name: "Renamed" }],
		[{ scopes: ["leads:read"] }, { scopes: ["leads:read"] }],
		[
			{ unrestricted: true, understood: true },
			{ scopes: [], unrestricted: true },
		],
		[{ rateLimit: "5" }, { rate_limit: 5 }],
		[{ addresses: "" }, { ip_allowlist: [] }],
		[{ addresses: "203.0.113.0/24\n::1" }, { ip_allowlist: ["203.0.113.0/24", "::1"] }],
		[{ expiry: { choice: "never", date: "" } }, { expires_at: null }],
	])("sends only the changed field of %j", (part, changes) => {
		expect(errorsOfChanged(key.id, changed(part), NOW)).toEqual({});
		expect(changesOf(key, changed(part), NOW)).toEqual(changes);
	});

	it("does not ask again for a key that is already unrestricted", () => {
		const open = { ...key, scopes: [] };
		expect(errorsOfChanged(key.id, draftOf(open, english), NOW)).toEqual({});
		expect(changesOf(open, draftOf(open, english), NOW)).toEqual({});
	});

	it("splits IP addresses at lines and commas, with their line numbers", () => {
		expect(addressEntries("a, b\r\n\n c ,")).toEqual([
			{ text: "a", line: 1 },
			{ text: "b", line: 1 },
			{ text: "c", line: 3 },
		]);
	});
});

describe("warnings about access that a key in use loses", () => {
	const hour = (used: number) => ({
		last_used_at: key.last_used_at,
		current_hour: { used, limit: 1_000, remaining: 1_000 - used, resets_at: "2031-05-06T11:00:00.000Z" },
	});

	it.each<[string, Parameters<typeof lostAccessWarnings>[1], string[]]>([
		["a scope", { scopes: ["default:sync"] }, ["Requests that need leads:read will be rejected."]],
		["several", { scopes: ["leads:write"] }, ["Requests that need default:sync and leads:read will be rejected."]],
		["an address", { ip_allowlist: ["::1"] }, [expect.stringContaining("addresses that are not listed")]],
		["the rest of the hour", { rate_limit: 40 }, [expect.stringContaining("already made 40 requests")]],
	])("mention %s", (_, changes, words) => expect(lostAccessWarnings(key, changes, hour(40))).toEqual(words));

	it.each<[string, Parameters<typeof lostAccessWarnings>[1]]>([
		["one scope more", { scopes: ["default:sync", "leads:read", "leads:write"] }],
		["no restriction", { scopes: [] }],
		["any address", { ip_allowlist: [] }],
		["one address more", { ip_allowlist: ["203.0.113.0/24", "::1"] }],
		["a limit that is not reached", { rate_limit: 41 }],
		["a name", { name: "x" }],
	])("do not exist for %s", (_, changes) => expect(lostAccessWarnings(key, changes, hour(40))).toEqual([]));

	it("mention that an unrestricted key loses every other scope", () => {
		expect(lostAccessWarnings({ ...key, scopes: [] }, { scopes: [...SCOPES] }, undefined)).toEqual([
			expect.stringContaining("other scopes than the chosen ones"),
		]);
	});

	it("do not exist for an unused key; the gate is more up to date than the list", () => {
		const unused = { ...key, last_used_at: null };
		expect(lostAccessWarnings(unused, { scopes: ["leads:write"] }, undefined)).toEqual([]);
		expect(lostAccessWarnings(unused, { scopes: ["leads:write"] }, hour(1))).toHaveLength(1);
	});
});
