/** A failed sign-in doesn't reveal whether the account exists: the response is the same, and so is the work. */
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { database } from "../../../db/client.ts";
import { users } from "../../../db/schema.ts";
import { checkNoPassword, checkPassword, hashPassword } from "../../../worker/auth/password.ts";
import { readConfig } from "../../../worker/env.ts";
import { AppError } from "../../../worker/errors.ts";
import { logIn } from "../../../worker/services/session.ts";
import { addTenant, db, product } from "../fixtures.ts";

const email = "somebody@equal.example";
await db.insert(users).values({
	id: "usr_somebody",
	tenantId: await addTenant(),
	email,
	name: "Somebody",
	passwordHash: hashPassword("the right password"),
	role: "owner",
	capabilities: [],
	createdAt: 0,
});

/** The statements and the response of a failed sign-in. */
async function attempt(as: string, isWithin = true) {
	let prepared = 0;
	const batches: number[] = [];
	const counting = new Proxy(env.DB, {
		get(target, name) {
			if (name === "prepare") prepared += 1;
			if (name === "batch")
				return (statements: D1PreparedStatement[]) => {
					batches.push(statements.length);
					return target.batch(statements);
				};
			const value: unknown = Reflect.get(target, name);
			return typeof value === "function" ? value.bind(target) : value;
		},
	});
	const limited: string[] = [];
	const limit = async ({ key }: { key: string }) => {
		limited.push(key.replace(as, "<email>"));
		return { success: isWithin };
	};
	const deps = {
		db: database(counting),
		product,
		gates: env.KEY_GATE,
		config: readConfig(env),
		limits: { origin: { limit }, pair: { limit }, account: { limit } },
		hashers: env.PASSWORD_HASHER,
		now: Date.UTC(2026, 10, 25),
	};
	const visitor = { ip: "203.0.113.7", userAgent: null, place: null, device: null, session: null };
	const refusal: unknown = await logIn(deps, visitor, { email: as, password: "a wrong password" }).catch(
		(e: unknown) => e,
	);
	if (!(refusal instanceof AppError)) throw new Error("The sign-in was not refused.");
	const { code, message, details, headers } = refusal;
	return { code, message, details, headers, prepared, batches, limited };
}

describe("a sign-in that fails", () => {
	it("does the same with the database and says the same for a wrong password and an unknown email", async () => {
		const wrongPassword = await attempt(email);
		expect(wrongPassword).toMatchObject({ code: "UNAUTHORIZED", prepared: 2, batches: [1] });
		expect(wrongPassword.limited).toHaveLength(2);
		expect(await attempt("nobody@equal.example")).toEqual(wrongPassword);
	}, 60_000);

	it("does and says the same past the limits, whether the account exists or not", async () => {
		const limited = await attempt(email, false);
		expect(limited).toMatchObject({ code: "RATE_LIMITED", prepared: 2, batches: [1] });
		expect(await attempt("nobody@equal.example", false)).toEqual(limited);
		// Within the hour, throttling is not recorded again.
		expect(await attempt(email, false)).toMatchObject({ code: "RATE_LIMITED", prepared: 1, batches: [] });
	});

	it("takes a whole derivation where there is no account", () => {
		const stored = hashPassword("the right password");
		const took = (check: () => boolean) => {
			const start = performance.now();
			check();
			return performance.now() - start;
		};
		// In turns, and the shortest of each, which others on the machine have disturbed least.
		const pairs = Array.from({ length: 3 }, () => [
			took(() => checkPassword("a wrong password", stored)),
			took(() => checkNoPassword("a wrong password")),
		]);
		const [real = 0, none = 0] = [0, 1].map((index) => Math.min(...pairs.map((pair) => pair[index] ?? 0)));
		// A wide margin, for a busy machine. Without the derivation, the time would be close to zero.
		expect(none).toBeGreaterThan(real / 5);
	}, 60_000);
});
