/**
 * Signing in with an identity provider: the authorization code flow of OpenID Connect with PKCE, state and nonce, by
 * `oauth4webapi`. It knows the provider and nothing of accounts.
 */
import { errors, type JWTPayload, jwtVerify } from "jose";
import * as oauth from "oauth4webapi";
import type { OpenIdConfig } from "../openid-config.ts";
import { currentOf, FETCH_TIMEOUT_MS, type ProviderDocument, providerDocument } from "./provider-document.ts";
import { providerKeys } from "./provider-keys.ts";
import { SignInProblem } from "./sign-in-problem.ts";

/** Accepted signature algorithms: only those with key pairs. `none` and HMAC are refused (RFC 8725, section 3.1). */
const ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"];
/** The provider may have to look something up before it responds. */
const TOKEN_TIMEOUT_MS = 10_000;
/** Clocks of other machines may differ from ours by this much. */
const LEEWAY_S = 30;

/** What binds the callback to the browser that started the sign-in. */
export interface Handshake {
	state: string;
	nonce: string;
	/** The PKCE verifier. A leaked code is worthless without it. */
	verifier: string;
}

export const newHandshake = (): Handshake => ({
	state: oauth.generateRandomState(),
	nonce: oauth.generateRandomNonce(),
	verifier: oauth.generateRandomCodeVerifier(),
});

/** A person as the provider knows them. */
export interface ProviderPerson {
	issuer: string;
	subject: string;
	/** Claims of the ID token and of the UserInfo endpoint. Signed or fetched from the provider itself. */
	claims: JWTPayload;
}

/** Where the browser goes to sign in. */
export async function authorizationUrl(
	config: OpenIdConfig,
	redirectUri: string,
	{ state, nonce, verifier }: Handshake,
	now: number,
): Promise<URL> {
	const provider = await metadataOf(config, now);
	const url = endpointOf(config, provider.authorization_endpoint);
	if (url === null) throw new SignInProblem("unavailable", new Error("The provider has no authorization endpoint"));
	const parameters = {
		client_id: config.clientId,
		redirect_uri: redirectUri,
		response_type: "code",
		scope: config.scopes,
		state,
		nonce,
		code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
		code_challenge_method: "S256",
	};
	for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
	return url;
}

/**
 * Exchanges the code of a callback, and validates everything that the provider says: `state` and `iss` of the callback
 * (RFC 9207), `iss`, `aud`, `azp`, `exp`, `nonce` and signature of the ID token, and `sub` of the UserInfo. Throws a
 * {@link SignInProblem}.
 */
export async function personOf(
	config: OpenIdConfig,
	redirectUri: string,
	{ state, nonce, verifier }: Handshake,
	callback: URL,
	now: number,
): Promise<ProviderPerson> {
	const provider = await metadataOf(config, now);
	const client: oauth.Client = { client_id: config.clientId, [oauth.clockTolerance]: LEEWAY_S };
	const options = {
		// Only a provider on this machine has no TLS (`OIDC_ISSUER` is validated at start).
		[oauth.allowInsecureRequests]: isLocal(config),
		signal: AbortSignal.timeout(TOKEN_TIMEOUT_MS),
	};
	try {
		const parameters = oauth.validateAuthResponse(provider, client, callback, state);
		const tokens = await oauth.processAuthorizationCodeResponse(
			provider,
			client,
			await oauth.authorizationCodeGrantRequest(
				provider,
				client,
				authenticationOf(config, provider),
				parameters,
				redirectUri,
				verifier,
				options,
			),
			{ expectedNonce: nonce, requireIdToken: true },
		);
		const claims = await signedClaims(config, provider, tokens.id_token ?? "", now);
		const subject = claims.sub ?? "";
		// Providers may give the email to the UserInfo endpoint alone (OpenID Connect Core, section 5.4).
		const info =
			provider.userinfo_endpoint === undefined || claims.email !== undefined
				? {}
				: await oauth.processUserInfoResponse(
						provider,
						client,
						subject,
						await oauth.userInfoRequest(provider, client, tokens.access_token, options),
					);
		return { issuer: provider.issuer, subject, claims: { ...info, ...claims } };
	} catch (thrown) {
		throw problemOf(thrown);
	}
}

/** Where the browser goes to sign out at the provider as well. Null if the provider offers that nowhere, or is down. */
export async function endSessionUrl(config: OpenIdConfig, returnTo: string, now: number): Promise<URL | null> {
	const provider = await currentOf(documentOf(config), now);
	const url = provider && endpointOf(config, provider.end_session_endpoint);
	url?.searchParams.set("client_id", config.clientId);
	url?.searchParams.set("post_logout_redirect_uri", returnTo);
	return url;
}

/** `oauth4webapi` trusts the TLS connection to the provider. The signature also proves who made the token. */
async function signedClaims(config: OpenIdConfig, provider: oauth.AuthorizationServer, idToken: string, now: number) {
	const keySet = endpointOf(config, provider.jwks_uri);
	if (keySet === null) throw new Error("The provider has no key set");
	const { payload } = await jwtVerify(idToken, providerKeys(keySet.href, now), {
		issuer: provider.issuer,
		audience: config.clientId,
		algorithms: ALGORITHMS,
		requiredClaims: ["exp", "iat", "sub"],
		clockTolerance: LEEWAY_S,
		currentDate: new Date(now),
	});
	return payload;
}

function authenticationOf(
	{ clientSecret }: OpenIdConfig,
	{ token_endpoint_auth_methods_supported: methods = ["client_secret_basic"] }: oauth.AuthorizationServer,
): oauth.ClientAuth {
	if (clientSecret === null) return oauth.None();
	const secret = clientSecret.reveal();
	return methods.includes("client_secret_basic") ? oauth.ClientSecretBasic(secret) : oauth.ClientSecretPost(secret);
}

const documents = new WeakMap<OpenIdConfig, ProviderDocument<oauth.AuthorizationServer>>();

function documentOf(config: OpenIdConfig): ProviderDocument<oauth.AuthorizationServer> {
	const document = documents.get(config) ?? providerDocument("metadata", () => discover(config));
	documents.set(config, document);
	return document;
}

async function discover(config: OpenIdConfig): Promise<oauth.AuthorizationServer> {
	const issuer = new URL(config.issuer);
	const response = await oauth.discoveryRequest(issuer, {
		[oauth.allowInsecureRequests]: isLocal(config),
		signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
	});
	return oauth.processDiscoveryResponse(issuer, response);
}

async function metadataOf(config: OpenIdConfig, now: number): Promise<oauth.AuthorizationServer> {
	const document = documentOf(config);
	const provider = await currentOf(document, now);
	if (provider === null) throw new SignInProblem("unavailable", document.failure);
	return provider;
}

const isLocal = ({ issuer }: OpenIdConfig) => new URL(issuer).protocol === "http:";

/** An endpoint of the provider; null if it has none, or one without TLS although the issuer has it. */
function endpointOf(config: OpenIdConfig, endpoint: string | undefined): URL | null {
	if (endpoint === undefined || !URL.canParse(endpoint)) return null;
	const url = new URL(endpoint);
	return url.protocol === "https:" || (url.protocol === "http:" && isLocal(config)) ? url : null;
}

/** Errors for an invalid response of the provider. Any other error means that the request to it failed. */
const INVALID = [
	oauth.OperationProcessingError,
	oauth.UnsupportedOperationError,
	oauth.ResponseBodyError,
	oauth.WWWAuthenticateChallengeError,
	errors.JOSEError,
];

function problemOf(thrown: unknown): SignInProblem {
	if (thrown instanceof oauth.AuthorizationResponseError)
		return new SignInProblem(thrown.error === "access_denied" ? "cancelled" : "failed", thrown);
	return new SignInProblem(INVALID.some((kind) => thrown instanceof kind) ? "failed" : "unavailable", thrown);
}
