/** Which service, and as whom. */
import { createSalesOSClient, type SalesOSClient, type SalesOSClientOptions } from "../index.ts";
import { readCredentials } from "./credentials.ts";
import { CommandFailure, EXIT } from "./failure.ts";

export interface ConnectionOptions {
	url?: string;
	tenant?: string;
}

/** A client as the options, the environment and the last sign-in say, in this order. */
export function connect(options: ConnectionOptions, now: number): SalesOSClient {
	// Read from a file, either often comes with the end of its line.
	const token = process.env.SALESOS_TOKEN?.trim();
	const serviceRoleKey = process.env.SALESOS_SERVICE_ROLE_KEY?.trim();
	if (token && serviceRoleKey)
		throw new CommandFailure(EXIT.usage, "SALESOS_TOKEN and SALESOS_SERVICE_ROLE_KEY are both set. Set one of them.");
	const tenantId = options.tenant ?? process.env.SALESOS_TENANT_ID?.trim();
	if (serviceRoleKey) {
		if (!tenantId)
			throw new CommandFailure(EXIT.usage, "The platform's key needs a tenant: set --tenant or SALESOS_TENANT_ID.");
		return clientOf({ url: requireUrl(options), serviceRoleKey, tenantId });
	}
	if (options.tenant)
		throw new CommandFailure(EXIT.usage, "--tenant goes with SALESOS_SERVICE_ROLE_KEY: a token has its own tenant.");
	if (token) return clientOf({ url: requireUrl(options), token });
	return clientOf(signedIn(options, now));
}

/** The service that the options or the environment name. */
export const chosenUrl = ({ url }: ConnectionOptions): string | undefined =>
	url ?? (process.env.SALESOS_URL || undefined);

/** The address as it is written in one way only. */
export const canonical = (url: string): string =>
	(URL.canParse(url) ? new URL(url).href : url.trim()).replace(/\/+$/, "");

function requireUrl(options: ConnectionOptions): string {
	const url = chosenUrl(options);
	if (url) return url;
	throw new CommandFailure(EXIT.usage, "Say where the service is: --url https://keys.example, or SALESOS_URL.");
}

/** Options of the client → what they were given by. */
const GIVEN_BY: Record<string, string> = {
	url: "--url",
	token: "SALESOS_TOKEN",
	serviceRoleKey: "SALESOS_SERVICE_ROLE_KEY",
	tenantId: "--tenant",
};

/** Options that cannot work are the caller's mistake, not ours. */
export function clientOf(options: SalesOSClientOptions): SalesOSClient {
	try {
		return createSalesOSClient(options);
	} catch (thrown) {
		if (!(thrown instanceof TypeError)) throw thrown;
		throw new CommandFailure(
			EXIT.usage,
			thrown.message.replace(/^\w+(?=:)/, (name) => GIVEN_BY[name] ?? name),
		);
	}
}

function signedIn(options: ConnectionOptions, now: number) {
	const credentials = readCredentials();
	if (credentials === null)
		throw new CommandFailure(
			EXIT.notAllowed,
			"Not signed in. Run `salesos-keys login`, or set SALESOS_TOKEN and SALESOS_URL.",
		);
	const { url, token, expires_at } = credentials;
	const chosen = chosenUrl(options);
	// A token goes to the service that gave it and to no other.
	if (chosen !== undefined && canonical(chosen) !== canonical(url))
		throw new CommandFailure(EXIT.notAllowed, `You are signed in at ${url}, not at ${chosen}. Sign in there first.`);
	if (Date.parse(expires_at) <= now)
		throw new CommandFailure(EXIT.notAllowed, `Your session at ${url} has ended. Run \`salesos-keys login\`.`);
	return { url, token };
}
