/** Audit events in words: who, with which program, and what changed. */
import { beforeAll, describe, expect, it } from "vitest";
import type { AuditEvent } from "../../web/api/types.ts";
import { latestKeyNames, reuseKnownEvents } from "../../web/features/audit/event-list.ts";
import { agentText, changesLine, changesOf, whoOf } from "../../web/features/audit/event-words.ts";
import { chooseLanguage } from "../../web/i18n/index.ts";

beforeAll(() => chooseLanguage("en"));

const event = (fields: Partial<AuditEvent> = {}): AuditEvent => ({
	id: "evt_1",
	at: "2026-11-22T23:32:39.000Z",
	actor: "usr_1",
	actor_email: "ana@acme.example",
	action: "api_key.update",
	key_id: "key1",
	key_name: "CRM",
	key_deleted: false,
	ip: null,
	user_agent: null,
	target_id: null,
	target_name: null,
	changes: {},
	...fields,
});
const line = (fields: Partial<AuditEvent>) => changesLine(changesOf(event(fields)));

describe("the actor of an event", () => {
	it("is the email, else the id, and a name for the platform and the service", () => {
		expect(whoOf({ actor: "usr_1", actor_email: "ana@acme.example" })).toBe("ana@acme.example");
		expect(whoOf({ actor: "usr_1", actor_email: null })).toBe("usr_1");
		expect(whoOf({ actor: "service_role", actor_email: null })).toBe("Platform");
		expect(whoOf({ actor: "system", actor_email: null })).toBe("SalesOS");
	});
});

describe("the program of an event", () => {
	const mozilla = "Mozilla/5.0";
	const webkit = "AppleWebKit/537.36 (KHTML, like Gecko)";
	it.each([
		[`${mozilla} (Windows NT 10.0; Win64; x64) ${webkit} Chrome/147.0.0.0 Safari/537.36`, "Chrome on Windows"],
		[`${mozilla} (Windows NT 10.0) ${webkit} Chrome/147.0.0.0 Safari/537.36 Edg/147.0.0.0`, "Edge on Windows"],
		[`${mozilla} (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0`, "Firefox on Linux"],
		[`${mozilla} (Linux; Android 15; Pixel 9) ${webkit} Chrome/147.0.0.0 Mobile Safari/537.36`, "Chrome on Android"],
		[
			`${mozilla} (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Mobile/15E148 Safari/604.1`,
			"Safari on iOS",
		],
		[
			`${mozilla} (iPhone; CPU iPhone OS 19_0 like Mac OS X) ${webkit} CriOS/147.0 Mobile Safari/604.1`,
			"Chrome on iOS",
		],
		[`${mozilla} (Haiku) Gecko/20100101 Firefox/140.0`, "Firefox"],
		["curl/8.5.0", "curl/8.5.0"],
		["python-requests/2.32.3 (Chrome/1)", "python-requests/2.32.3"],
		["x".repeat(200), `${"x".repeat(32)}…`],
	])("with the header %s is %s", (userAgent, text) => expect(agentText(userAgent)).toBe(text));
});

describe("the changes of an event", () => {
	it("are shown with the old and the new value, in words", () => {
		expect(
			line({
				changes: {
					name: { from: "CRM", to: "ERP" },
					scopes: { from: ["default:sync", "leads:read"], to: [] },
					rate_limit: { from: 1000, to: 5000 },
					ip_allowlist: { from: [], to: ["203.0.113.0/24"] },
					expires_at: { from: null, to: "2027-03-01T10:00:00.000Z" },
				},
			}),
		).toMatch(
			/^Name: CRM → ERP, Scopes: default:sync, leads:read → Unrestricted, Limit per hour: 1,000 → 5,000, Allowed IP addresses: Any → 203\.0\.113\.0\/24, Expires: Never → \w+ \d+, 2027, \d\d:00:00$/,
		);
		expect(line({ changes: { expires_at: { from: "2027-03-01T10:00:00.000Z", to: null } } })).toMatch(/ → Never$/);
	});

	it("name the authentication of a new key in words", () => {
		const created = (to: string) => line({ action: "api_key.create", changes: { authentication: { from: null, to } } });
		expect(created("signed")).toBe("Authentication: Signed requests");
		expect(created("mtls")).toBe("Authentication: mtls");
	});

	it("are the settings of a new key, with the key as a hint", () => {
		const to = (value: unknown) => ({ from: null, to: value });
		expect(
			line({
				action: "api_key.create",
				changes: {
					name: to("CRM"),
					environment: to("test"),
					key_prefix: to("sk_test_4fK9"),
					last_four: to("x7Qz"),
					scopes: to([]),
				},
			}),
		).toBe("Name: CRM, Environment: Test, Key: sk_test_4fK9…x7Qz, Scopes: Unrestricted");
	});

	it("are the last settings of a deleted key", () => {
		const changes = { name: { from: "CRM", to: null }, scopes: { from: ["leads:read"], to: null } };
		expect(line({ action: "api_key.delete", changes })).toBe("Name: CRM, Scopes: leads:read");
	});

	it("are the reason for a revocation, and its time only if the key had ended earlier", () => {
		const reason = { from: null, to: "Leaked" };
		const at = "2026-11-22T23:32:39.000Z";
		expect(line({ action: "api_key.revoke", at, changes: { revoked_at: { from: null, to: at }, reason } })).toBe(
			"Reason: Leaked",
		);
		const earlier = { from: null, to: "2026-11-20T10:00:00.000Z" };
		expect(line({ action: "api_key.revoke", at, changes: { revoked_at: earlier, reason } })).toMatch(
			/^Revoked: Nov 20, 2026, \d\d:00:00, Reason: Leaked$/,
		);
	});

	it("are the successor and the end of a rotated key", () => {
		const changes = {
			rotated_to: { from: null, to: "key2" },
			revokes_at: { from: null, to: "2026-11-23T10:00:00.000Z" },
		};
		expect(line({ action: "api_key.rotate", changes })).toMatch(/^Replaced by key: key2, Ends: Nov 23, 2026, /);
	});

	it("are in the reader's language if the service itself made them", async () => {
		const changes = { reason: { from: null, to: "The rotation that made this key was not completed" } };
		const discarded = { action: "api_key.delete", actor: "system", actor_email: null, changes } as const;
		await chooseLanguage("pt-BR");
		expect(line(discarded)).toBe("Motivo: A rotação que criou esta chave não foi concluída.");
		// A person's own text is not translated.
		expect(line({ action: "api_key.revoke", changes: { reason: { from: null, to: "Leaked" } } })).toBe(
			"Motivo: Leaked",
		);
		await chooseLanguage("en");
	});

	it("are shown for fields that the page does not know", () => {
		expect(line({ changes: { colour: { from: null, to: { hue: 3 } }, prompt: { from: false, to: true } } })).toBe(
			'colour: None → {"hue":3}, prompt: false → true',
		);
	});
});

describe("deleted keys", () => {
	it("have their latest name", () => {
		const events = [
			event({ key_id: "a", key_name: null, action: "api_key.revoke" }),
			event({ key_id: "a", key_name: "A2", action: "api_key.update" }),
			event({ key_id: "a", key_name: "A1", action: "api_key.create" }),
			event({ key_id: "b", key_name: null }),
			event({ key_id: null, key_name: null, action: "session.login" }),
		];
		expect([...latestKeyNames(events)]).toEqual([["a", "A2"]]);
	});
});

describe("events that are loaded again", () => {
	it("stay the same objects, unless their key was renamed or deleted", () => {
		const [one, two] = [event({ id: "evt_1" }), event({ id: "evt_2" })];
		const again = [event({ id: "evt_3" }), event({ id: "evt_1" }), event({ id: "evt_2", key_name: "ERP" })];
		const kept = reuseKnownEvents([one, two], again);
		expect(kept.map(({ id }) => id)).toEqual(["evt_3", "evt_1", "evt_2"]);
		expect(kept[1]).toBe(one);
		expect(kept[2]).toBe(again[2]);
		const gone = [event({ id: "evt_1", key_deleted: true })];
		expect(reuseKnownEvents([one], gone)[0]).toBe(gone[0]);
	});
});
