/** Passwords: how they are stored, and which ones are equal. */
import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { newId } from "../../../db/ids.ts";
import { users } from "../../../db/schema.ts";
import { checkNoPassword, checkPassword, hashPassword } from "../../../worker/auth/password.ts";
import { addTenant, db, mutate } from "../fixtures.ts";
import { expectNoSecrets } from "./auth-matrix.ts";

const PASSWORD = "correct horse battery staple";
/** A hash of the full cost takes a fifth of a second. What does not depend on the cost is checked with this one. */
const CHEAP = { N: 1_024, r: 1, p: 1 };
const stored = hashPassword(PASSWORD, CHEAP);

describe("a stored password", () => {
	it("carries the parameters of scrypt that OWASP recommends", () => {
		expect(hashPassword(PASSWORD)).toMatch(/^scrypt\$32768\$8\$3\$[A-Za-z0-9+/=]{24}\$[A-Za-z0-9+/=]{44}$/);
	});

	it("looks different each time, and does not contain the password", () => {
		const again = hashPassword(PASSWORD, CHEAP);
		const [salt, hash] = again.split("$").slice(4);
		expect(stored).not.toContain(salt);
		expect(stored).not.toContain(hash);
		for (const text of [PASSWORD, btoa(PASSWORD), env.JWT_SECRET]) expect(again).not.toContain(text);
	});

	it("is checked with the parameters it was made with", () => {
		// The second test vector of RFC 7914, section 12.
		const salt = Buffer.from("NaCl").toString("base64");
		const hash = Buffer.from("fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162", "hex");
		const old = `scrypt$1024$8$16$${salt}$${hash.toString("base64")}`;
		expect(checkPassword("password", old)).toBe(true);
		expect(checkPassword("passwore", old)).toBe(false);
		expect(checkPassword("password", old.replace("1024", "2048"))).toBe(false);
	});
});

describe("checking a password", () => {
	it("accepts the right one and no other", () => {
		expect(checkPassword(PASSWORD, hashPassword(PASSWORD))).toBe(true);
		expect(checkPassword(PASSWORD, stored)).toBe(true);
		for (const wrong of ["", PASSWORD.toUpperCase(), `${PASSWORD} `, PASSWORD.slice(0, -1)])
			expect(checkPassword(wrong, stored), JSON.stringify(wrong)).toBe(false);
	});

	const SAME: Record<string, [string, string]> = {
		"an accent in one character or in two": ["caf\u00e9 au lait", "cafe\u0301 au lait"],
		"a ligature or its letters": ["\ufb01ne weather", "fine weather"],
		"wide or narrow letters": ["\uff50\uff41\uff53\uff53word", "password"],
		"Hangul in syllables or in parts": ["\uac00\uac01", "\u1100\u1161\u1100\u1161\u11a8"],
		"Ångström in three ways": ["\u212bngstr\u00f6m", "A\u030angstro\u0308m"],
	};
	it.each(Object.entries(SAME))("does not mind how the keyboard writes %s", (_, [one, other]) => {
		expect(one).not.toBe(other);
		expect(checkPassword(other, hashPassword(one, CHEAP))).toBe(true);
	});

	it("keeps letters apart that only look alike", () => {
		expect(checkPassword("p\u0430ssword", hashPassword("password", CHEAP))).toBe(false);
	});

	it.each(["🔑🐎".repeat(256), "line\nbreak", "x".repeat(1_024), " "])(
		"accepts any characters and any length that sign-in accepts",
		(password) => {
			expect(checkPassword(password, hashPassword(password, CHEAP))).toBe(true);
		},
	);

	it("without an account fails", () => {
		expect(checkNoPassword(PASSWORD)).toBe(false);
		expect(checkNoPassword("")).toBe(false);
	});
});

const [scheme, N, r, p, salt = "", hash = ""] = stored.split("$");
const DAMAGED: Record<string, string> = {
	"nothing at all": "",
	"the password itself": PASSWORD,
	"another scheme": stored.replace("scrypt", "bcrypt"),
	"no hash": [scheme, N, r, p, salt, ""].join("$"),
	"no salt": [scheme, N, r, p, "", hash].join("$"),
	"parts cut off": [scheme, N, r, p].join("$"),
	"half of the hash": [scheme, N, r, p, salt, hash.slice(0, 20)].join("$"),
	"a hash that is no base64": [scheme, N, r, p, salt, "!!!!"].join("$"),
	"a cost that is no number": [scheme, "high", r, p, salt, hash].join("$"),
	"a cost of nothing": [scheme, "0", r, p, salt, hash].join("$"),
	"a cost that is no power of two": [scheme, "1023", r, p, salt, hash].join("$"),
	"no cost": [scheme, "", "", "", salt, hash].join("$"),
	"a cost below zero": [scheme, N, "-8", p, salt, hash].join("$"),
};

describe("a stored password that is damaged", () => {
	it.each(Object.entries(DAMAGED))("fits no password: %s", (_, damaged) => {
		const fits = (password: string) => {
			try {
				return checkPassword(password, damaged);
			} catch {
				return false;
			}
		};
		expect([fits(PASSWORD), fits("")]).toEqual([false, false]);
	});

	it("rejects the sign-in, and no response mentions the damage", async () => {
		const tenantId = await addTenant();
		const log = vi.spyOn(console, "error").mockImplementation(() => undefined);
		for (const [index, [what, passwordHash]] of Object.entries(DAMAGED).entries()) {
			const id = newId("usr");
			const email = `${id.toLowerCase()}@acme.example`;
			const user = { id, tenantId, email, name: "Damaged", passwordHash, role: "owner" as const, capabilities: [] };
			await db.insert(users).values({ ...user, createdAt: Date.now() });
			const answer = await mutate({ "cf-connecting-ip": `2001:db8:0:${index}::1` }, "session.login", {
				email,
				password: PASSWORD,
			});
			expectNoSecrets(JSON.stringify([answer.error, answer.data]));
			expect([401, 500], what).toContain(answer.status);
			expect(answer.error.message).not.toMatch(/scrypt|buffer|range|integer/i);
			expect(answer.headers.getSetCookie()).toEqual([]);
		}
		// The log may contain the reason, but no secret.
		for (const secret of [PASSWORD, salt, hash]) expect(JSON.stringify(log.mock.calls)).not.toContain(secret);
		log.mockRestore();
	});
});
