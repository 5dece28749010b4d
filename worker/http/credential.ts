/** Credentials in request headers. A key or a token in a URL is ignored. */
import { AppError, CHALLENGES } from "../errors.ts";
import { readSigned, type SignedCredential } from "../keys/signature.ts";

export interface HeaderCredential {
	from: "bearer" | "x-api-key";
	value: string;
}

/** The name of a scheme is case-insensitive (RFC 9110, section 11.1). */
const SIGNED_SCHEME = /^p2s-sign-v1([\s,]|$)/i;
const BEARER_SCHEME = /^bearer([\s,]|$)/i;

/** Whether a header authenticates the request, or is meant to. A cookie beside it then doesn't count. */
export function hasHeaderCredential({ headers }: Request): boolean {
	const authorization = headers.get("authorization") ?? "";
	return BEARER_SCHEME.test(authorization) || SIGNED_SCHEME.test(authorization) || Boolean(headers.get("x-api-key"));
}

/** The credential of a signed request; null for every other request. Throws `UNAUTHORIZED` for a malformed one. */
export function signedCredential({ headers }: Request): SignedCredential | null {
	const authorization = headers.get("authorization");
	if (authorization === null || !SIGNED_SCHEME.test(authorization)) return null;
	const sent = /^\S+ +(\S+)$/.exec(authorization)?.[1];
	const credential = sent === undefined ? null : readSigned(sent);
	if (credential !== null) return credential;
	throw new AppError(
		"UNAUTHORIZED",
		"Malformed Authorization header. Send Authorization: P2S-SIGN-V1 <api key>:<timestamp>:<signature>, with the timestamp in Unix seconds and the signature in 64 lower-case hexadecimal digits.",
		{ challenge: CHALLENGES.signature },
	);
}

/**
 * The credential in `Authorization: Bearer` or `X-API-Key`; null if there is neither. Other schemes are ignored: they
 * belong to a proxy in front of the service, such as `Basic` of a staging site. Throws `UNAUTHORIZED` for a malformed
 * `Bearer`.
 */
export function headerCredential({ headers }: Request): HeaderCredential | null {
	const authorization = headers.get("authorization");
	if (authorization !== null) {
		// RFC 6750, §2.1. The name of a scheme is case-insensitive (RFC 9110, §11.1).
		const bearer = /^bearer +(\S+)$/i.exec(authorization)?.[1];
		if (bearer !== undefined) return { from: "bearer", value: bearer };
		if (BEARER_SCHEME.test(authorization))
			throw new AppError("UNAUTHORIZED", "Malformed Authorization header. Send Authorization: Bearer <credential>.");
	}
	const apiKey = headers.get("x-api-key");
	return apiKey ? { from: "x-api-key", value: apiKey } : null;
}
