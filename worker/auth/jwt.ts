/**
 * JSON Web Tokens of users. The algorithm decides the key, never the other way round: HS256 is verified with our secret,
 * RS256, ES256 and EdDSA with the keys of the identity provider where one is configured. Every other algorithm is
 * rejected (RFC 8725, §3.1). Issuer, audience, expiry and subject are required of all tokens.
 */
import { decodeProtectedHeader, errors, type JWTPayload, jwtVerify, SignJWT } from "jose";
import { z } from "zod";
import { ROLES } from "../../db/enums.ts";
import type { Config } from "../env.ts";
import { AppError } from "../errors.ts";
import { DEFAULT_CLAIMS } from "../jwt-claims.ts";
import { DAY_MS, LATEST } from "../schemas/time.ts";
import { signOwn, verifyOwn } from "./own-secrets.ts";
import { providerKeys } from "./provider-keys.ts";
import { mapClaims } from "./token-claims.ts";

const PROVIDER_ALGORITHMS = ["RS256", "ES256", "EdDSA"];

/** Clocks of other machines may differ from ours by this much (RFC 7519, §4.1.4 and §4.1.5). */
const LEEWAY_S = 5;

/** The longest life of a token, in seconds. Without a session, nothing else ends a token that has leaked. */
const TOKEN_LIFE_MAX_S = DAY_MS / 1_000;

/** Actors of the audit trail that are not users. A token with such a subject would forge events. */
const RESERVED_SUBJECTS = new Set(["service_role", "system", "anonymous"]);

/**
 * The ids of accounts and management tokens of this service. A provider's token with such a subject would end the sessions of
 * that account, and would forge its events.
 */
const OWN_SUBJECT = /^(usr|tok)_/;

/** Would make two subjects look the same in the audit trail: invisible characters, and white space but a space inside. */
const INVISIBLE = /\p{C}|[^\S ]|^ | $/u;

const subject = z
	.string()
	.min(1)
	.max(200)
	.refine((sub) => !INVISIBLE.test(sub) && !RESERVED_SUBJECTS.has(sub.normalize("NFKC").toLowerCase()));

const claimsSchema = z.object({
	sub: subject,
	// `mapClaims` has validated these three.
	tenant_id: z.string(),
	role: z.enum(ROLES),
	capabilities: z.array(z.string()),
	/** Seconds since the epoch. The bound catches milliseconds, which would be thousands of years. */
	exp: z
		.number()
		.positive()
		.max(LATEST / 1_000),
	// For display only, so an unusual value doesn't make the token invalid.
	email: z.string().max(254).nullish().catch(null),
	email_verified: z.boolean().nullish().catch(null),
	name: z.string().max(200).nullish().catch(null),
	/** Set by our own sign-in: the token is valid only while this session lasts. */
	session_id: z.string().max(64).optional(),
	/** Set by our own sign-in: the person has signed in with the identity provider. */
	at_provider: z.boolean().optional(),
});
export type Claims = Omit<z.output<typeof claimsSchema>, "email_verified">;
/** The claims, and whether the token was signed with `JWT_SECRET_PREVIOUS`. */
type VerifiedClaims = Claims & { isOfPrevious?: true };

/** The claims of a valid token. Throws `UNAUTHORIZED`, or `UNAVAILABLE` if the provider's keys can't be fetched. */
export async function verifyToken(token: string, config: Config["jwt"], now: number): Promise<VerifiedClaims> {
	const checks = {
		issuer: config.issuer,
		audience: config.audience,
		requiredClaims: ["exp", "sub"],
		clockTolerance: LEEWAY_S,
		currentDate: new Date(now),
	};
	let payload: JWTPayload;
	let isOurs = false;
	let isCurrent = true;
	try {
		const { alg } = decodeProtectedHeader(token);
		if (alg === "HS256") {
			isOurs = true;
			({ payload, isCurrent } = await verifyOwn(token, config, checks));
		} else if (config.jwksUrl !== null) {
			const keys = providerKeys(config.jwksUrl, now);
			({ payload } = await jwtVerify(token, keys, { ...checks, algorithms: PROVIDER_ALGORITHMS }));
		} else {
			throw new AppError("UNAUTHORIZED", "The token is not signed with an accepted algorithm.");
		}
	} catch (thrown) {
		throw refusal(thrown);
	}
	const parsed = claimsSchema.safeParse({ ...payload, ...mapClaims(payload, isOurs ? DEFAULT_CLAIMS : config.claims) });
	if (!parsed.success) throw new AppError("UNAUTHORIZED", "The token's sub or exp is missing, malformed or reserved.");
	if (!isOurs && OWN_SUBJECT.test(parsed.data.sub.normalize("NFKC").toLowerCase()))
		throw new AppError("UNAUTHORIZED", "The token's sub must not begin with usr_ or tok_, like an id of this service.");
	requireShortLife(parsed.data.exp, payload.iat, now);
	const { email_verified, ...claims } = parsed.data;
	if (isOurs) return isCurrent ? claims : { ...claims, isOfPrevious: true };
	return {
		...claims,
		// Users of many providers can enter any email. Only a verified one may name them (OpenID Connect Core, §5.1).
		email: email_verified === true ? claims.email : null,
		// A provider may use the name for a claim of its own.
		session_id: undefined,
		at_provider: undefined,
	};
}

/** Throws `UNAUTHORIZED` for a token that was issued in the future, or that lives for more than 24 hours. */
function requireShortLife(exp: number, iat: number | undefined, now: number): void {
	const nowSeconds = now / 1_000;
	if (iat !== undefined && iat > nowSeconds + LEEWAY_S)
		throw new AppError("UNAUTHORIZED", "The token was issued in the future. Check the clock of its issuer.");
	if (exp - Math.min(iat ?? nowSeconds, nowSeconds) > TOKEN_LIFE_MAX_S + LEEWAY_S)
		throw new AppError("UNAUTHORIZED", "The token is valid for more than 24 hours. Issue tokens with an earlier exp.");
}

/** Signs a token of this service. `expiresAt` in milliseconds. */
export function signToken(
	claims: Omit<Claims, "exp" | "sub">,
	subject: string,
	config: Config["jwt"],
	now: number,
	expiresAt: number,
): Promise<string> {
	const unsigned = new SignJWT(claims)
		.setSubject(subject)
		.setIssuer(config.issuer)
		.setAudience(config.audience)
		.setIssuedAt(Math.floor(now / 1_000))
		.setExpirationTime(Math.floor(expiresAt / 1_000));
	return signOwn(unsigned, config);
}

function refusal(thrown: unknown): AppError {
	if (thrown instanceof AppError) return thrown;
	if (thrown instanceof errors.JWTExpired) return new AppError("UNAUTHORIZED", "The token has expired.");
	return new AppError("UNAUTHORIZED", "The token is not valid.");
}
