/** Tokens that only look as if they were good: what an attacker would send, and what a careless service would sign. */
import { env } from "cloudflare:workers";
import { createHmac } from "node:crypto";
import { base64url, exportSPKI, generateKeyPair, SignJWT, UnsecuredJWT } from "jose";

const seconds = () => Math.floor(Date.now() / 1_000);

/** Forged tokens, by their flaw. In all other respects each is valid, with an owner's claims for the tenant. */
export async function forgedTokens(tenantId: string): Promise<Record<string, string>> {
	const claims = {
		sub: "usr_test",
		tenant_id: tenantId,
		role: "owner",
		capabilities: ["admin.integrations"],
		iss: env.JWT_ISSUER,
		aud: env.JWT_AUDIENCE,
		exp: seconds() + 600,
	};
	const ours = new TextEncoder().encode(env.JWT_SECRET);
	const sign = (changed: Record<string, unknown> = {}, key: Parameters<SignJWT["sign"]>[0] = ours, alg = "HS256") =>
		new SignJWT({ ...claims, ...changed }).setProtectedHeader({ alg }).sign(key);
	const good = await sign();
	const [header = "", payload = "", signature = ""] = good.split(".");
	const encode = (value: unknown) => base64url.encode(JSON.stringify(value));
	const rsa = await generateKeyPair("RS256", { extractable: true });
	const ec = await generateKeyPair("ES256");
	const publicKey = await exportSPKI(rsa.publicKey);
	/** What a service would accept that takes the public key of RS256 for the secret of HS256. */
	const confused = (secret: string | Buffer) => {
		const signed = `${encode({ alg: "HS256", typ: "JWT" })}.${encode(claims)}`;
		return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
	};
	return {
		"alg none": new UnsecuredJWT(claims).encode(),
		"alg None": `${encode({ alg: "None" })}.${payload}.`,
		"alg nOnE and our signature": `${encode({ alg: "nOnE" })}.${payload}.${signature}`,
		"alg none and a signature": `${encode({ alg: "none" })}.${payload}.${signature}`,
		"no alg": `${encode({ typ: "JWT" })}.${payload}.${signature}`,
		"another key": await sign({}, new TextEncoder().encode("another-secret-0123456789abcdef0123456789")),
		"an empty key": confused(""),
		"HS256 under an RSA public key": confused(publicKey),
		"HS256 under an RSA public key without the line end": confused(publicKey.trim()),
		"RS256 of an unknown provider": await sign({}, rsa.privateKey, "RS256"),
		"ES256 of an unknown provider": await sign({}, ec.privateKey, "ES256"),
		"HS512 under our own key": await sign({}, ours, "HS512"),
		"a key that it brings along": await new SignJWT(claims)
			.setProtectedHeader({ alg: "RS256", jwk: await crypto.subtle.exportKey("jwk", rsa.publicKey) } as never)
			.sign(rsa.privateKey),
		"a kid that is a path": await new SignJWT(claims)
			.setProtectedHeader({ alg: "HS256", kid: "../../../../dev/null" })
			.sign(new Uint8Array(32)),
		"another issuer": await sign({ iss: "https://elsewhere.example" }),
		"no issuer": await sign({ iss: undefined }),
		"another audience": await sign({ aud: "another-api" }),
		"no audience": await sign({ aud: undefined }),
		"no exp": await sign({ exp: undefined }),
		"an exp in milliseconds": await sign({ exp: Date.now() + 600_000 }),
		"an exp that is text": await sign({ exp: String(claims.exp) }),
		"an exp that is over": await sign({ exp: seconds() - 60 }),
		"an exp in two days": await sign({ exp: seconds() + 2 * 86_400 }),
		"a life of two days that ends in a minute": await sign({ iat: seconds() - 2 * 86_400, exp: seconds() + 60 }),
		"an iat in the future": await sign({ iat: seconds() + 60 }),
		"an iat that is text": await sign({ iat: "now" }),
		"the subject of the platform": await sign({ sub: "service_role" }),
		"the subject of the platform in other letters": await sign({ sub: "Service_Role" }),
		"the subject of the platform in full width": await sign({ sub: "ｓervice_role" }),
		"the subject of the service itself": await sign({ sub: "system" }),
		"the subject anonymous": await sign({ sub: "anonymous" }),
		"a subject with an invisible character": await sign({ sub: "usr_test\u200b" }),
		"a subject with a space at its end": await sign({ sub: "usr_test " }),
		"a beginning ahead": await sign({ nbf: seconds() + 300 }),
		"no sub": await sign({ sub: undefined }),
		"no tenant": await sign({ tenant_id: undefined }),
		"several tenants": await sign({ tenant_id: [tenantId] }),
		"no role": await sign({ role: undefined }),
		"an unknown role": await sign({ role: "superuser" }),
		"capabilities that are text": await sign({ capabilities: "admin.integrations" }),
		"another payload under our signature": `${header}.${encode({ ...claims, role: "owner", sub: "usr_other" })}.${signature}`,
		"no signature": `${header}.${payload}.`,
		"half a signature": `${header}.${payload}.${signature.slice(0, 20)}`,
		"two parts": `${header}.${payload}`,
		"four parts": `${good}.${signature}`,
		"parts that are no base64": "!!!.???.###",
		"parts that are no JSON": ["a", "b", "c"].map((part) => base64url.encode(part)).join("."),
		"a payload that is a list": await (async () => {
			const signed = `${header}.${encode([claims])}`;
			return `${signed}.${createHmac("sha256", env.JWT_SECRET).update(signed).digest("base64url")}`;
		})(),
	};
}
