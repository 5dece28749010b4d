/** Credentials in request headers. A key or a token in a URL is ignored. */
import { AppError } from "../errors.ts";

export interface HeaderCredential {
	from: "bearer" | "x-api-key";
	value: string;
}

const BEARER_SCHEME = /^bearer([\s,]|$)/i;

/** Whether a header authenticates the request, or is meant to. A cookie beside it then doesn't count. */
export function hasHeaderCredential({ headers }: Request): boolean {
	return BEARER_SCHEME.test(headers.get("authorization") ?? "") || Boolean(headers.get("x-api-key"));
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
