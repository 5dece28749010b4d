/**
 * Devices that have signed in before. Their cookie exempts them from the limits that attackers can use up, so that guessing
 * passwords of an account doesn't lock its owner out (OWASP ASVS 6.1.1). The cookie replaces no password: it authenticates
 * nothing.
 */

import { parse, serialize } from "hono/utils/cookie";
import { SignJWT } from "jose";
import { newId } from "../../db/ids.ts";
import type { Config } from "../env.ts";
import { DAY_MS } from "../schemas/time.ts";
import { signOwn, verifyOwn } from "./own-secrets.ts";

const DEVICE_COOKIE = "__Host-device";
/** The longest that browsers keep a cookie. */
const DEVICE_S = (400 * DAY_MS) / 1_000;
/** Differs from the audience of tokens, so that neither is accepted as the other. */
const audienceOf = ({ audience }: Config["jwt"]) => `${audience}#device`;

export interface Device {
	id: string;
	/** The account that has signed in on it. */
	userId: string;
}

/** The device of the request, if it has signed in before. */
export async function deviceOf(request: Request, config: Config["jwt"], now: number): Promise<Device | null> {
	const cookie = parse(request.headers.get("cookie") ?? "", DEVICE_COOKIE)[DEVICE_COOKIE];
	if (!cookie) return null;
	try {
		const { payload } = await verifyOwn(cookie, config, {
			issuer: config.issuer,
			audience: audienceOf(config),
			requiredClaims: ["exp", "sub", "jti"],
			currentDate: new Date(now),
		});
		return { id: payload.jti ?? "", userId: payload.sub ?? "" };
	} catch {
		return null;
	}
}

/** `Set-Cookie` for a device on which this account has just signed in. A device keeps its id. */
export async function deviceCookie(userId: string, known: Device | null, config: Config["jwt"], now: number) {
	const unsigned = new SignJWT()
		.setJti(known?.userId === userId ? known.id : newId("dev"))
		.setSubject(userId)
		.setIssuer(config.issuer)
		.setAudience(audienceOf(config))
		.setIssuedAt(Math.floor(now / 1_000))
		.setExpirationTime(Math.floor(now / 1_000) + DEVICE_S);
	const token = await signOwn(unsigned, config);
	return serialize(DEVICE_COOKIE, token, {
		path: "/",
		secure: true,
		httpOnly: true,
		sameSite: "Strict",
		maxAge: DEVICE_S,
	});
}
