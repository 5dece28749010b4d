/** A real OpenID provider on loopback. People sign in by the authorization code flow with PKCE, and get an access token. */
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { exportJWK, generateKeyPair } from "jose";
import { type ClientMetadata, type Configuration, Provider } from "oidc-provider";

export const AUDIENCE = "https://api.salesos.example";
const CLIENT = "crm";
const SCOPE = "manage";
const REDIRECT = "https://app.example/callback";
const TOKEN_LIFE_S = 3_600;
export const DASHBOARD_CLIENT = { id: "salesos-dashboard", secret: randomBytes(24).toString("hex") };

export interface OpenIdProvider {
	issuer: string;
	jwksUrl: string;
	/** Signs in the person, whose access token has these claims beside the usual ones. */
	signIn(person: string, claims: Record<string, unknown>): Promise<{ accessToken: string; idToken: string }>;
	/** Lets people sign in to this dashboard, too. They type the id of an account of `addAccount`. */
	addDashboard(origin: string): void;
	/** An account with these claims, which the dashboard learns. */
	addAccount(id: string, claims: Record<string, unknown>): void;
	close(): void;
}

export async function startOpenIdProvider(): Promise<OpenIdProvider> {
	const server = createServer().listen(0, "127.0.0.1");
	await once(server, "listening");
	const address = server.address();
	if (address === null || typeof address === "string") throw new Error("A TCP server has no port");
	const issuer = `http://127.0.0.1:${address.port}`;
	const { privateKey } = await generateKeyPair("RS256", { extractable: true });
	const claimsOf = new Map<string, Record<string, unknown>>();

	const accounts = new Map<string, Record<string, unknown>>();
	const codeFlow = { grant_types: ["authorization_code"], response_types: ["code" as const] };
	const crm: ClientMetadata = {
		...codeFlow,
		client_id: CLIENT,
		token_endpoint_auth_method: "none",
		redirect_uris: [REDIRECT],
	};
	const configuration: Configuration = {
		clients: [crm],
		jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: "RS256", use: "sig", kid: "k1" }] },
		cookies: { keys: [randomBytes(16).toString("hex")] },
		claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name", "tenant_id"] },
		findAccount: (_, accountId) => ({ accountId, claims: () => ({ sub: accountId, ...accounts.get(accountId) }) }),
		extraTokenClaims: (_, token) => ("accountId" in token ? claimsOf.get(token.accountId) : undefined),
		interactions: { url: (_, { uid }) => `/interaction/${uid}` },
		// Everyone has consented.
		async loadExistingGrant({ oidc }) {
			const grant = new oidc.provider.Grant({
				clientId: oidc.client?.clientId ?? "",
				accountId: oidc.session?.accountId ?? "",
			});
			grant.addOIDCScope("openid email profile");
			grant.addResourceScope(AUDIENCE, SCOPE);
			await grant.save();
			return grant;
		},
		ttl: { AccessToken: TOKEN_LIFE_S, Grant: TOKEN_LIFE_S, IdToken: 600, Interaction: 600, Session: 600 },
		features: {
			devInteractions: { enabled: false },
			resourceIndicators: {
				enabled: true,
				useGrantedResource: () => true,
				getResourceServerInfo: () => ({ scope: SCOPE, audience: AUDIENCE, accessTokenFormat: "jwt" }),
			},
		},
	};
	let provider = new Provider(issuer, configuration);
	server.on("request", async (request, response) => {
		if (!request.url?.startsWith("/interaction/")) return provider.callback()(request, response);
		// The page where a person would type a password.
		const { params } = await provider.interactionDetails(request, response);
		const typed = new URL(request.url, issuer).searchParams.get("account");
		const accountId = typed ?? params.login_hint;
		if (typeof accountId === "string") {
			await provider.interactionFinished(request, response, { login: { accountId } });
			return;
		}
		response.setHeader("content-type", "text/html").end(LOGIN_PAGE);
	});

	async function signIn(person: string, claims: Record<string, unknown>) {
		claimsOf.set(person, claims);
		const verifier = randomBytes(32).toString("base64url");
		const query = new URLSearchParams({
			client_id: CLIENT,
			response_type: "code",
			redirect_uri: REDIRECT,
			scope: `openid ${SCOPE}`,
			resource: AUDIENCE,
			login_hint: person,
			code_challenge_method: "S256",
			code_challenge: createHash("sha256").update(verifier).digest("base64url"),
		});
		const code = await follow(`${issuer}/auth?${query}`);
		const response = await fetch(`${issuer}/token`, {
			method: "POST",
			body: new URLSearchParams({
				grant_type: "authorization_code",
				client_id: CLIENT,
				code,
				redirect_uri: REDIRECT,
				code_verifier: verifier,
				resource: AUDIENCE,
			}),
		});
		// The shape of RFC 6749, section 5.1, and of OpenID Connect Core, section 3.1.3.3.
		const tokens = (await response.json()) as { access_token: string; id_token: string };
		return { accessToken: tokens.access_token, idToken: tokens.id_token };
	}

	return {
		issuer,
		jwksUrl: `${issuer}/jwks`,
		signIn,
		addDashboard(origin) {
			const dashboard: ClientMetadata = {
				...codeFlow,
				client_id: DASHBOARD_CLIENT.id,
				client_secret: DASHBOARD_CLIENT.secret,
				redirect_uris: [`${origin}/auth/sso/callback`],
				post_logout_redirect_uris: [`${origin}/sign-in`],
			};
			provider = new Provider(issuer, { ...configuration, clients: [crm, dashboard] });
		},
		addAccount: (id, claims) => void accounts.set(id, claims),
		close: () => server.close(),
	};
}

const LOGIN_PAGE =
	"<!doctype html><html lang=en><title>Login</title><form><label>Account <input name=account></label><button>Log in</button></form>";

/** Follows redirects as a browser does, with cookies, up to the client's callback. Returns the code. */
async function follow(start: string): Promise<string> {
	const cookies = new Map<string, string>();
	let url = start;
	while (!url.startsWith(REDIRECT)) {
		const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
		const response = await fetch(url, { redirect: "manual", headers: { cookie } });
		for (const set of response.headers.getSetCookie()) {
			const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
			cookies.set(name, value);
		}
		const location = response.headers.get("location");
		if (location === null) throw new Error(`The provider responded ${response.status}: ${await response.text()}`);
		url = new URL(location, url).href;
	}
	const code = new URL(url).searchParams.get("code");
	if (code === null) throw new Error(`No code in ${url}`);
	return code;
}
