/** Which service the command line talks to, and with which credential. */
import { createSalesOSClient, type SalesOSClient, type SalesOSClientOptions } from "../index.ts";
import { readCredentials } from "./credentials.ts";
import { CommandError, EXIT } from "./errors.ts";

export interface ConnectionOptions {
	url?: string;
	tenant?: string;
}

/** Takes the credential from the options, the environment or the stored sign-in, in this order. */
export function connect(options: ConnectionOptions, now: number): SalesOSClient {
	// A value that was read from a file often ends in a line break.
	const token = process.env.SALESOS_TOKEN?.trim();
	const serviceRoleKey = process.env.SALESOS_SERVICE_ROLE_KEY?.trim();
	if (token && serviceRoleKey)
		throw new CommandError(EXIT.usage, "SALESOS_TOKEN and SALESOS_SERVICE_ROLE_KEY are both set. Set one of them.");
	const tenantId = chosenTenant(options);
	if (serviceRoleKey) {
		if (!tenantId)
			throw new CommandError(EXIT.usage, "The service_role key needs a tenant: set --tenant or SALESOS_TENANT_ID.");
		return clientOf({ url: requireUrl(options), serviceRoleKey, tenantId });
	}
	if (options.tenant)
		throw new CommandError(EXIT.usage, "--tenant needs SALESOS_SERVICE_ROLE_KEY: a token names its own tenant.");
	if (token) return clientOf({ url: requireUrl(options), token });
	return clientOf(signedIn(options, now));
}

/** For commands of the platform outside of tenants: the service_role key alone. */
export function connectPlatform(options: ConnectionOptions): SalesOSClient {
	const serviceRoleKey = process.env.SALESOS_SERVICE_ROLE_KEY?.trim();
	if (!serviceRoleKey)
		throw new CommandError(EXIT.usage, "Only the platform can do this. Set SALESOS_SERVICE_ROLE_KEY.");
	return clientOf({ url: requireUrl(options), token: serviceRoleKey });
}

/** The URL that the options or the environment name. */
export const chosenUrl = ({ url }: ConnectionOptions): string | undefined =>
	url ?? (process.env.SALESOS_URL || undefined);

/** The tenant that the options or the environment name. */
export const chosenTenant = ({ tenant }: ConnectionOptions): string | undefined =>
	tenant ?? process.env.SALESOS_TENANT_ID?.trim();

/** One spelling per URL, so that URLs can be compared. */
export const canonical = (url: string): string =>
	(URL.canParse(url) ? new URL(url).href : url.trim()).replace(/\/+$/, "");

function requireUrl(options: ConnectionOptions): string {
	const url = chosenUrl(options);
	if (url) return url;
	throw new CommandError(EXIT.usage, "Set the URL of the service: --url https://keys.example, or SALESOS_URL.");
}

/** Options of the client → the option or variable that sets them. */
const SET_BY: Record<string, string> = {
	url: "--url",
	token: "SALESOS_TOKEN",
	serviceRoleKey: "SALESOS_SERVICE_ROLE_KEY",
	tenantId: "--tenant",
};

/** Creates a client. Reports an invalid option as wrong usage. */
export function clientOf(options: SalesOSClientOptions): SalesOSClient {
	try {
		return createSalesOSClient(options);
	} catch (thrown) {
		if (!(thrown instanceof TypeError)) throw thrown;
		throw new CommandError(
			EXIT.usage,
			thrown.message.replace(/^\w+(?=:)/, (name) => SET_BY[name] ?? name),
		);
	}
}

function signedIn(options: ConnectionOptions, now: number) {
	const credentials = readCredentials();
	if (credentials === null)
		throw new CommandError(
			EXIT.notAllowed,
			"Not signed in. Run `salesos-keys login`, or set SALESOS_TOKEN and SALESOS_URL.",
		);
	const { url, token, expires_at } = credentials;
	const chosen = chosenUrl(options);
	// Send a token only to the service that issued it.
	if (chosen !== undefined && canonical(chosen) !== canonical(url))
		throw new CommandError(
			EXIT.notAllowed,
			`You are signed in at ${url}, not at ${chosen}. Run \`salesos-keys login --url ${chosen}\`.`,
		);
	if (Date.parse(expires_at) <= now)
		throw new CommandError(EXIT.notAllowed, `Your session at ${url} has ended. Run \`salesos-keys login\`.`);
	return { url, token };
}
