/**
 * A sign-in with the identity provider that has started: a signed cookie, which binds the callback to this browser. It is
 * SameSite=Lax, because the provider's redirect is a navigation from another site, which Strict cookies are not sent with.
 */
import { parse, serialize } from "hono/utils/cookie";
import { SignJWT } from "jose";
import { z } from "zod";
import type { Config } from "../env.ts";
import { MINUTE_MS } from "../schemas/time.ts";
import type { Handshake } from "./openid.ts";
import { signOwn, verifyOwn } from "./own-secrets.ts";

const ATTEMPT_COOKIE = "__Host-sign-in";
/** Long enough for a password, a second factor, and finding the phone. */
const ATTEMPT_S = (10 * MINUTE_MS) / 1_000;
/** Differs from the audience of tokens, so that neither is accepted as the other. */
const audienceOf = ({ audience }: Config["jwt"]) => `${audience}#sign-in`;

const attemptSchema = z.object({
	state: z.string(),
	nonce: z.string(),
	verifier: z.string(),
	/** Path of the dashboard that the person wanted. */
	to: z.string().nullable(),
	/** The session that the browser has. The callback is sent without its cookie, and the new session replaces it. */
	session: z
		.object({ id: z.string(), tenantId: z.string(), email: z.string().nullable(), sessionId: z.string() })
		.nullable(),
});
export type SignInAttempt = z.output<typeof attemptSchema> & Handshake;

/** `Set-Cookie` for an attempt. It replaces the one of another tab. */
export async function attemptCookie(attempt: SignInAttempt, config: Config["jwt"], now: number): Promise<string> {
	const issuedAt = Math.floor(now / 1_000);
	const unsigned = new SignJWT({ ...attempt })
		.setIssuer(config.issuer)
		.setAudience(audienceOf(config))
		.setIssuedAt(issuedAt)
		.setExpirationTime(issuedAt + ATTEMPT_S);
	return cookie(await signOwn(unsigned, config), ATTEMPT_S);
}

/** `Set-Cookie` that ends the attempt: a callback works once. */
export const endedAttemptCookie = (): string => cookie("", 0);

/** The attempt that this browser has started; null if there is none, or if it is too old. */
export async function attemptOf(request: Request, config: Config["jwt"], now: number): Promise<SignInAttempt | null> {
	const sent = parse(request.headers.get("cookie") ?? "", ATTEMPT_COOKIE)[ATTEMPT_COOKIE];
	if (!sent) return null;
	try {
		const { payload } = await verifyOwn(sent, config, {
			issuer: config.issuer,
			audience: audienceOf(config),
			requiredClaims: ["exp"],
			currentDate: new Date(now),
		});
		return attemptSchema.parse(payload);
	} catch {
		return null;
	}
}

const cookie = (value: string, maxAge: number) =>
	serialize(ATTEMPT_COOKIE, value, { path: "/", secure: true, httpOnly: true, sameSite: "Lax", maxAge });
