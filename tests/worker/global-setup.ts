/**
 * An identity provider for the tests: real keys, and a key set that is served over HTTP on loopback. The tests get the
 * private keys, to sign tokens as a provider would.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, type JWK } from "jose";
import type { TestProject } from "vitest/node";
import type { SIZES } from "../sizes.ts";

export const PROVIDER_ALGORITHMS = ["RS256", "ES256", "EdDSA"] as const;

type Sizes = typeof SIZES;

declare module "vitest" {
	interface ProvidedContext extends Sizes {
		jwksUrl: string;
		/** Private keys by algorithm, each with its `kid`. */
		providerKeys: Record<string, JWK>;
	}
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
	const keys: JWK[] = [];
	const providerKeys: Record<string, JWK> = {};
	for (const alg of PROVIDER_ALGORITHMS) {
		const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
		const kid = `provider-${alg}`;
		keys.push({ ...(await exportJWK(publicKey)), kid, alg, use: "sig" });
		providerKeys[alg] = { ...(await exportJWK(privateKey)), kid, alg };
	}
	const server = createServer((request, response) => {
		if (request.url !== "/jwks.json") return void response.writeHead(500).end();
		response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ keys }));
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address() as AddressInfo;
	project.provide("jwksUrl", `http://127.0.0.1:${port}/jwks.json`);
	project.provide("providerKeys", providerKeys);
	return () => new Promise((resolve) => server.close(() => resolve()));
}
