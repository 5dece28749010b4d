import { describe, expect, it } from "vitest";
import { changedByOthers, takeTheirs } from "../../web/features/keys/form/edit-conflict.ts";
import { draftOf } from "../../web/features/keys/form/key-form-draft.ts";
import { apiKey } from "../api-key.ts";

const NOW = Date.parse("2031-05-06T10:20:30.400Z");
const base = apiKey({ scopes: ["default:sync", "leads:read"], ip_allowlist: ["203.0.113.7", "::1"] });
const draft = (changes: object = {}) => ({ ...draftOf(base, String), ...changes });

describe("settings that another person has changed", () => {
	it("include the own value only if this person has changed them, too", () => {
		const theirs = { ...base, scopes: ["default:sync" as const], rate_limit: 50 };
		const mine = draft({ scopes: ["default:sync", "leads:read", "leads:write"] });
		expect(changedByOthers(base, theirs, mine, NOW)).toEqual([
			{ setting: "scopes", theirs: ["default:sync"], mine: ["default:sync", "leads:read", "leads:write"] },
			{ setting: "rate_limit", theirs: 50, mine: undefined },
		]);
	});

	it("do not include lists in another order", () => {
		const theirs = { ...base, scopes: base.scopes.toReversed(), ip_allowlist: base.ip_allowlist.toReversed() };
		expect(changedByOthers(base, theirs, draft(), NOW)).toEqual([]);
	});

	it("can be taken into the draft without losing the rest of it", () => {
		const theirs = { ...base, name: "CRM 2", scopes: [] };
		const merged = { ...draft({ name: "Mine", rateLimit: "7" }), ...takeTheirs(theirs, ["scopes"], String) };
		expect(merged).toMatchObject({ name: "Mine", rateLimit: "7", unrestricted: true, understood: true });
		expect({ ...merged, ...takeTheirs(theirs, ["name"], String) }.name).toBe("CRM 2");
	});
});
