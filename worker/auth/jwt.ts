/**
 * JSON Web Tokens of tenant users. The algorithm decides the key, never the other way round: HS256 is checked with
 * our secret, RS256, ES256 and EdDSA with the key set of the identity provider where one is configured, and nothing
 * else is accepted (RFC 8725, §3.1). Issuer, audience, expiry and subject are required of both.
 */
import {
	createRemoteJWKSet,
	decodeProtectedHeader,
	errors,
	type JWTPayload,
	type JWTVerifyGetKey,
	jwtVerify,
	SignJWT,
} from "jose";
import { z } from "zod";
import { ROLES } from "../../db/enums.ts";
import type { Config } from "../env.ts";
import { AppError } from "../errors.ts";
import { LATEST } from "../schemas/time.ts";

const PROVIDER_ALGORITHMS = ["RS256", "ES256", "EdDSA"];

const claimsSchema = z.object({
	sub: z.string().min(1).max(200),
	tenant_id: z.string().min(1).max(64),
	role: z.enum(ROLES),
	capabilities: z.array(z.string().max(100)).max(100).default([]),
	/** Seconds since the epoch. Whoever writes milliseconds makes a token for millennia, which is refused. */
	exp: z
		.number()
		.positive()
		.max(LATEST / 1_000),
	// For people to read; whatever a provider puts there, it makes no token invalid.
	email: z.string().max(254).nullish().catch(null),
	name: z.string().max(200).nullish().catch(null),
	/** Set by our own sign-in: the token is good only while this session lasts. */
	session_id: z.string().max(64).optional(),
});
export type Claims = z.output<typeof claimsSchema>;

/** One key set per address for the life of the isolate: it caches the keys and limits how often they are fetched. */
const keySets = new Map<string, JWTVerifyGetKey>();

function keySet(url: string): JWTVerifyGetKey {
	const known = keySets.get(url);
	if (known) return known;
	const remote = createRemoteJWKSet(new URL(url));
	const keys: JWTVerifyGetKey = async (header, token) => {
		try {
			return await remote(header, token);
		} catch (thrown) {
			if (AT_THE_TOKEN.some((kind) => thrown instanceof kind)) throw thrown;
			throw new AppError(
				"UNAVAILABLE",
				"The identity provider's signing keys are unavailable. Retry in a few seconds.",
				{ cause: thrown },
			);
		}
	};
	keySets.set(url, keys);
	return keys;
}

/** Failures to find a key that are the token's fault. Every other is the provider's or the network's. */
const AT_THE_TOKEN = [errors.JWKSNoMatchingKey, errors.JWKSMultipleMatchingKeys, errors.JOSENotSupported];

/** The claims of a valid token. Throws `UNAUTHORIZED`, or `UNAVAILABLE` where the provider's keys cannot be had. */
export async function verifyToken(token: string, config: Config["jwt"], now: number): Promise<Claims> {
	const checks = {
		issuer: config.issuer,
		audience: config.audience,
		requiredClaims: ["exp", "sub"],
		currentDate: new Date(now),
	};
	let payload: JWTPayload;
	let ours = false;
	try {
		const { alg } = decodeProtectedHeader(token);
		if (alg === "HS256") {
			ours = true;
			const secret = new TextEncoder().encode(config.secret.reveal());
			({ payload } = await jwtVerify(token, secret, { ...checks, algorithms: ["HS256"] }));
		} else if (config.jwksUrl !== null) {
			const keys = keySet(config.jwksUrl);
			({ payload } = await jwtVerify(token, keys, { ...checks, algorithms: PROVIDER_ALGORITHMS }));
		} else {
			throw new AppError("UNAUTHORIZED", "The token is not signed with an accepted algorithm.");
		}
	} catch (thrown) {
		throw refusal(thrown);
	}
	const claims = claimsSchema.safeParse(payload);
	if (!claims.success)
		throw new AppError("UNAUTHORIZED", "The token's sub, tenant_id, role or exp is missing or malformed.");
	// A provider's token may use the name for something of its own.
	return ours ? claims.data : { ...claims.data, session_id: undefined };
}

/** Signs a token of this service. `expiresAt` in milliseconds. */
export function signToken(
	claims: Omit<Claims, "exp" | "sub">,
	subject: string,
	config: Config["jwt"],
	now: number,
	expiresAt: number,
): Promise<string> {
	return new SignJWT(claims)
		.setProtectedHeader({ alg: "HS256", typ: "JWT" })
		.setSubject(subject)
		.setIssuer(config.issuer)
		.setAudience(config.audience)
		.setIssuedAt(Math.floor(now / 1_000))
		.setExpirationTime(Math.floor(expiresAt / 1_000))
		.sign(new TextEncoder().encode(config.secret.reveal()));
}

function refusal(thrown: unknown): AppError {
	if (thrown instanceof AppError) return thrown;
	if (thrown instanceof errors.JWTExpired) return new AppError("UNAUTHORIZED", "The token has expired.");
	return new AppError("UNAUTHORIZED", "The token is not valid.");
}
