/**
 * Headers of signed requests with every part missing, repeated, huge or malformed, alone and beside other credentials. None
 * makes the service fail. The response is the same for a key that was never made, so that it tells a stranger nothing.
 */
import fc from "fast-check";
import { describe, expect, inject, it } from "vitest";
import type { IssuedKey } from "../../../worker/schemas/api-key.ts";
import { authorizationOf } from "../../sign.ts";
import { expectNoSecrets } from "../auth/auth-matrix.ts";
import { openSession } from "../auth/populated-tenant.ts";
import { addTenant, createKey, ORIGIN, request, token } from "../fixtures.ts";

const { requests, seed } = inject("fuzz");

const tenantId = await addTenant();
const admin = await token({ tenantId });
const unrestricted = { scopes: [], rate_limit: 1_000_000 };
const signed = (await createKey(admin, { ...unrestricted, authentication: "signed" })) as IssuedKey;
const live = await createKey(admin, unrestricted);
const cookie = await openSession(tenantId);
const NEVER_MADE = `sk_live_${"7".repeat(48)}`;
const WRONG_SECRET = `sks_live_${"0".repeat(48)}`;

const SCHEMES = [
	"P2S-SIGN-V1",
	"p2s-sign-v1",
	"P2S-SIGN-V2",
	"P2S-SIGN-V",
	"P2S-SIGN-V11",
	"P2S-SIGN",
	"Bearer",
	"Basic",
	"",
];
const PATHS = ["/v1/whoami", "/v1/leads", "/v1/api-keys", "/trpc/keys.list", "/v1/nothing"];

/** The parts of a header, in the order in which they are sent. */
interface Parts {
	scheme: string;
	space: string;
	key: string;
	timestamp: string;
	signature: string;
	separators: [string, string];
	end: string;
}

type Flaw = (parts: Parts) => Parts;

const NAMES = ["key", "timestamp", "signature"] as const;
/** How one part is spoilt. Bytes that are not ASCII are in tests/e2e/malformed-requests.test.ts: the runtime logs each here. */
const SPOILERS: ((part: string) => string)[] = [
	() => "",
	(part) => part + part,
	(part) => `${part}:${part}`,
	(part) => part.toUpperCase(),
	(part) => part.slice(0, -1),
	(part) => `${part}0`,
	(part) => part.repeat(2_000),
	(part) => btoa(part),
	(part) => encodeURIComponent(`${part} `),
	(part) => `"${part}"`,
	(part) => `-${part}`,
	(part) => `0x${part}`,
	(part) => `${part}.0`,
	(part) => part.replace(/^./, "g"),
	() => "9".repeat(400),
	() => "1e9",
	() => "NaN",
	() => "__proto__",
	() => "' or 1=1 --",
];

const flaw: fc.Arbitrary<Flaw> = fc.oneof(
	{
		weight: 6,
		arbitrary: fc.tuple(fc.constantFrom(...NAMES), fc.constantFrom(...SPOILERS)).map(
			([name, spoil]): Flaw =>
				(parts) => ({ ...parts, [name]: spoil(parts[name]) }),
		),
	},
	{
		weight: 2,
		arbitrary: fc.constantFrom(...SCHEMES).map(
			(scheme): Flaw =>
				(parts) => ({ ...parts, scheme }),
		),
	},
	fc.constantFrom("", "  ", "\t", ",", ":", "=").map(
		(space): Flaw =>
			(parts) => ({ ...parts, space }),
	),
	fc.tuple(fc.constantFrom("", ":", "::", ".", ",", " : "), fc.constantFrom("", ":", ";", ":\t")).map(
		(separators): Flaw =>
			(parts) => ({ ...parts, separators }),
	),
	fc.constantFrom(":", ",", " ", ", Bearer x", ", P2S-SIGN-V1 a:1:b", ";charset=utf-8", "x".repeat(60_000)).map(
		(end): Flaw =>
			(parts) => ({ ...parts, end }),
	),
);

/** Other credentials of the same request. */
const others: fc.Arbitrary<Record<string, string>> = fc
	.record({
		"x-api-key": fc.option(fc.constantFrom(live.key, signed.key, NEVER_MADE, ""), { nil: undefined }),
		cookie: fc.option(fc.constant(cookie), { nil: undefined }),
		origin: fc.option(fc.constantFrom(ORIGIN, "https://evil.example"), { nil: undefined }),
	})
	.map((drawn) =>
		Object.fromEntries(Object.entries(drawn).filter((entry): entry is [string, string] => entry[1] !== undefined)),
	);

const drawn = fc.record({
	flaws: fc.array(flaw, { minLength: 1, maxLength: 3 }),
	others,
	path: fc.constantFrom(...PATHS),
});

function headerOf({ scheme, space, key, timestamp, signature, separators, end }: Parts): string {
	const [first, second] = separators;
	return scheme + space + key + first + timestamp + second + signature + end;
}

/** Sends a request with these flaws in its header. */
async function sendWith(
	{ flaws, others, path }: { flaws: readonly Flaw[]; others: Record<string, string>; path: string },
	key: string,
	secret: string,
) {
	const right = authorizationOf({ key, secret, path });
	const [, sentKey = "", timestamp = "", signature = ""] = /^\S+ (\w+):(\w+):(\w+)$/.exec(right) ?? [];
	const parts: Parts = {
		scheme: "P2S-SIGN-V1",
		space: " ",
		key: sentKey,
		timestamp,
		signature,
		separators: [":", ":"],
		end: "",
	};
	const authorization = headerOf(flaws.reduce((spoilt, spoil) => spoil(spoilt), parts));
	const response = await request(path, { headers: { ...others, authorization } });
	const text = (await response.text()).replace(/"(request_id|timestamp)":"[^"]*"/g, '"$1":""');
	const headers = [...response.headers].filter(([name]) => name !== "x-request-id");
	// What the live key may read is no secret of the signed key. Its use is counted.
	const told = response.ok ? null : { headers: headers.filter(([name]) => !/ratelimit/.test(name)), text };
	return { status: response.status, authorization, text, told };
}

describe("the header of a signed request", () => {
	it("makes nothing fail and reveals nothing, whatever is wrong with it", async () => {
		const statuses = new Set<number>();
		await fc.assert(
			fc.asyncProperty(drawn, async (one) => {
				const ofHolder = await sendWith(one, signed.key, signed.secret ?? "");
				const ofStranger = await sendWith(one, signed.key, WRONG_SECRET);
				const neverMade = await sendWith(one, NEVER_MADE, WRONG_SECRET);
				for (const { status, text } of [ofHolder, ofStranger, neverMade]) {
					statuses.add(status);
					expect(status).toBeLessThan(500);
					expectNoSecrets(text);
					if (status >= 400) expect(JSON.parse(text)).toMatchObject({ error: { message: expect.any(String) } });
				}
				expect([ofStranger.status, ofStranger.told]).toEqual([neverMade.status, neverMade.told]);
			}),
			{ numRuns: Math.ceil(requests / 4), seed },
		);
		expect(statuses).toContain(401);
		// The proofs send ten times as many.
	}, 600_000);

	it("is malformed with any part that is wrong in itself, also beside a valid key", async () => {
		for (const name of NAMES)
			for (const spoil of [SPOILERS[0], SPOILERS[1], SPOILERS[6]]) {
				if (!spoil) continue;
				const flaws: Flaw[] = [(parts) => ({ ...parts, [name]: spoil(parts[name]) })];
				const sent = { flaws, others: { "x-api-key": live.key }, path: "/v1/whoami" };
				const { status, text } = await sendWith(sent, signed.key, signed.secret ?? "");
				expect([status, text]).toEqual([401, expect.stringContaining("Malformed Authorization header")]);
			}
	});
});
