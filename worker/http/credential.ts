/** Credentials as they are sent in headers. A key or a token in a URL is none. */
import { AppError } from "../errors.ts";

export interface HeaderCredential {
	from: "bearer" | "x-api-key";
	value: string;
}

/** The credential in `Authorization` or `X-API-Key`; null if there is neither. Throws `UNAUTHORIZED` for another scheme. */
export function headerCredential({ headers }: Request): HeaderCredential | null {
	const authorization = headers.get("authorization");
	if (authorization !== null) {
		// RFC 6750, §2.1; the scheme's name is case-insensitive (RFC 9110, §11.1).
		const bearer = /^bearer +(\S+)$/i.exec(authorization)?.[1];
		if (bearer === undefined)
			throw new AppError("UNAUTHORIZED", "Send the credential as Authorization: Bearer <credential>.");
		return { from: "bearer", value: bearer };
	}
	const apiKey = headers.get("x-api-key");
	return apiKey === null ? null : { from: "x-api-key", value: apiKey };
}
