/** Tests whether a deployed service works. A version with a small share of the requests is called by its id. */

/** A new host name and its certificate take up to some minutes. */
const ATTEMPTS = 40;
const PAUSE_MS = 5_000;
const TIMEOUT_MS = 10_000;

export interface Api {
	fetch: typeof fetch;
	wait: (ms: number) => Promise<unknown>;
}

interface Check {
	path: string;
	/** Without a credential by default. */
	authorization?: string;
	status: number;
}

/** What every release must do. The last one must reach the code that decides about keys, and refuse. */
const CHECKS: readonly Check[] = [
	{ path: "/healthz", status: 200 },
	{ path: "/readyz", status: 200 },
	{ path: "/v1/whoami", status: 401 },
	{ path: "/v1/whoami", authorization: "Bearer sk_live_smoke-test", status: 401 },
];

/** A version of a Worker that must respond, also if it has a small share of the requests. */
export interface Version {
	worker: string;
	id: string;
}

/** Waits until the service responds. Throws if it doesn't within a few minutes. */
export async function untilReachable(publicUrl: string, api: Api): Promise<void> {
	const reason = await problemOf(publicUrl, [{ path: "/healthz", status: 200 }], null, ATTEMPTS, api);
	if (reason !== null)
		throw new Error(
			`${publicUrl} does not respond: ${reason}. Check the host name in Cloudflare, then run this again.`,
		);
}

/** What the service does wrong; null: nothing. A check that fails is repeated for a while, since a deployment spreads. */
export const smokeTest = (publicUrl: string, version: Version | null, attempts: number, api: Api) =>
	problemOf(publicUrl, CHECKS, version, attempts, api);

async function problemOf(
	publicUrl: string,
	checks: readonly Check[],
	version: Version | null,
	attempts: number,
	{ fetch, wait }: Api,
): Promise<string | null> {
	let problem: string | null = null;
	for (let attempt = 0; attempt < attempts; attempt++) {
		if (attempt > 0) await wait(PAUSE_MS);
		problem = null;
		for (const check of checks) problem ??= await failureOf(publicUrl, check, version, fetch);
		if (problem === null) return null;
	}
	return problem;
}

async function failureOf(
	publicUrl: string,
	{ path, authorization, status: expected }: Check,
	version: Version | null,
	fetch: Api["fetch"],
): Promise<string | null> {
	const headers: Record<string, string> = {
		...(authorization === undefined ? {} : { authorization }),
		// Without it, most requests would be served by the version with the larger share.
		...(version === null ? {} : { "cloudflare-workers-version-overrides": `${version.worker}="${version.id}"` }),
	};
	try {
		const { status } = await fetch(`${publicUrl}${path}`, { headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
		return status === expected ? null : `GET ${path} has the status ${status} instead of ${expected}`;
	} catch (thrown) {
		return `GET ${path} failed: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
	}
}
