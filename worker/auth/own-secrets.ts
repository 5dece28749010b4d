/**
 * Tokens and cookies that are signed with `JWT_SECRET`. While there is a previous secret, what was signed with it stays valid,
 * so that sessions outlast a rotation of the secret. The header names the secret as `kid` (RFC 7515, §4.1.4).
 */
import { decodeProtectedHeader, errors, type JWTPayload, type JWTVerifyOptions, jwtVerify, type SignJWT } from "jose";
import type { Config, Secret } from "../env.ts";
import { pepperIdOf } from "../keys/format.ts";

const ALGORITHM = "HS256";

const bytesOf = (secret: Secret) => new TextEncoder().encode(secret.reveal());

/** A valid token, and whether its secret is the current one. */
interface Verified {
	payload: JWTPayload;
	isCurrent: boolean;
}

/**
 * The payload of a valid token. Throws as `jwtVerify` does. Other back ends sign tokens with our secret too, without `kid` or
 * with one of their own: for these, every secret is tried.
 */
export async function verifyOwn(
	token: string,
	{ secrets }: Pick<Config["jwt"], "secrets">,
	options: JWTVerifyOptions,
): Promise<Verified> {
	const { kid } = decodeProtectedHeader(token);
	const named = secrets.filter((secret) => pepperIdOf(secret) === kid);
	let failure: unknown;
	for (const secret of named.length > 0 ? named : secrets) {
		try {
			const { payload } = await jwtVerify(token, bytesOf(secret), { ...options, algorithms: [ALGORITHM] });
			return { payload, isCurrent: secret === secrets[0] };
		} catch (thrown) {
			// Only a wrong signature is a reason to try another secret.
			if (!(thrown instanceof errors.JWSSignatureVerificationFailed)) throw thrown;
			failure = thrown;
		}
	}
	throw failure;
}

/** Signs with the current secret. */
export function signOwn(token: SignJWT, { secrets: [current] }: Pick<Config["jwt"], "secrets">): Promise<string> {
	if (!current) throw new Error("The configuration has no JWT_SECRET.");
	const header = { alg: ALGORITHM, typ: "JWT", kid: pepperIdOf(current) };
	return token.setProtectedHeader(header).sign(bytesOf(current));
}
