/** Cloudflare's REST API, with the credential of the operator: an API token, or the sign-in of wrangler. */
import { setTimeout as wait } from "node:timers/promises";
import { type Run, runIn } from "../production/commands.ts";

const API_URL = "https://api.cloudflare.com/client/v4";
/** The API takes 1,200 requests in five minutes, and then refuses all requests for up to five minutes. */
const ATTEMPTS = 8;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 60_000;
/** A query takes at most 30 seconds. */
const TIMEOUT_MS = 60_000;

export interface CloudflareApi {
	accountId: string;
	/**
	 * Sends a request below the account, such as `/d1/database`, and returns its `result`. Retries what Cloudflare refuses for
	 * a while: too many requests, and errors of its servers. Throws an error with Cloudflare's messages.
	 */
	call<T>(method: "GET" | "POST", path: string, body?: unknown): Promise<T>;
	/** The same for a list that continues at a cursor; null: it has ended. */
	page<T>(path: string): Promise<{ result: T[]; cursor: string | null }>;
}

interface Options {
	environment?: Record<string, string | undefined>;
	run?: Run;
	pause?: (ms: number) => Promise<unknown>;
}

/**
 * The API with `CLOUDFLARE_API_TOKEN` and `CLOUDFLARE_ACCOUNT_ID`, or else with what wrangler is signed in with. Throws if
 * there is neither, or if the sign-in has several accounts.
 */
export async function cloudflareApi({
	environment = process.env,
	run = runIn(process.cwd()),
	pause = wait,
}: Options = {}): Promise<CloudflareApi> {
	const token = environment.CLOUDFLARE_API_TOKEN || (await tokenOfWrangler(run));
	const accountId = environment.CLOUDFLARE_ACCOUNT_ID || (await accountOfWrangler(run));
	const base = `${environment.CLOUDFLARE_API_BASE_URL || API_URL}/accounts/${accountId}`;
	async function retried(method: "GET" | "POST", path: string, body?: unknown): Promise<Success> {
		for (let attempt = 1; ; attempt++) {
			const outcome = await send(`${base}${path}`, method, token, body);
			if ("result" in outcome) return outcome;
			if (!outcome.mayRetry || attempt === ATTEMPTS)
				throw new Error(`Cloudflare refused ${method} ${path}: ${outcome.message}`);
			await pause(outcome.retryAfterMs ?? Math.min(FIRST_PAUSE_MS * 2 ** attempt, LONGEST_PAUSE_MS));
		}
	}
	// The caller names the shape of the result.
	return {
		accountId,
		call: async <T>(method: "GET" | "POST", path: string, body?: unknown) =>
			(await retried(method, path, body)).result as T,
		async page<T>(path: string) {
			const { result, cursor } = await retried("GET", path);
			return { result: result as T[], cursor };
		},
	};
}

interface Success {
	result: unknown;
	/** Where a list continues. */
	cursor: string | null;
}
type Outcome = Success | { message: string; mayRetry: boolean; retryAfterMs?: number };

async function send(url: string, method: string, token: string, body: unknown): Promise<Outcome> {
	try {
		const response = await fetch(url, {
			method,
			headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
			...(body === undefined ? {} : { body: JSON.stringify(body) }),
			// A redirect would carry the credential to another host.
			redirect: "error",
			signal: AbortSignal.timeout(TIMEOUT_MS),
		});
		// The envelope of every response of the API. What is missing is reported below.
		const envelope = (await response.json().catch(() => ({}))) as {
			success?: boolean;
			result?: unknown;
			result_info?: { cursor?: string; cursors?: { after?: string } };
			errors?: { message: string }[];
		};
		if (response.ok && envelope.success === true) {
			const { cursor, cursors } = envelope.result_info ?? {};
			return { result: envelope.result, cursor: cursors?.after || cursor || null };
		}
		const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
		return {
			message: envelope.errors?.map(({ message }) => message).join("; ") || `status ${response.status}`,
			mayRetry: response.status === 429 || response.status >= 500,
			...(seconds > 0 ? { retryAfterMs: seconds * 1_000 } : {}),
		};
	} catch (thrown) {
		return { message: thrown instanceof Error ? thrown.message : String(thrown), mayRetry: true };
	}
}

const SIGN_IN = "Set CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID, or run npx wrangler login.";

async function tokenOfWrangler(run: Run): Promise<string> {
	const { code, stdout } = await run(["npx", "wrangler", "auth", "token", "--json"]);
	// The shape is wrangler's.
	const { token } = code === 0 ? (jsonIn(stdout) as { token?: string }) : {};
	if (!token) throw new Error(`wrangler is not signed in to Cloudflare. ${SIGN_IN}`);
	return token;
}

async function accountOfWrangler(run: Run): Promise<string> {
	const { code, stdout } = await run(["npx", "wrangler", "whoami", "--json"]);
	// The shape is wrangler's.
	const { accounts = [] } = code === 0 ? (jsonIn(stdout) as { accounts?: { id: string; name: string }[] }) : {};
	const [account, ...others] = accounts;
	if (account === undefined) throw new Error(`wrangler shows no account of Cloudflare. ${SIGN_IN}`);
	if (others.length > 0) {
		const listed = accounts.map(({ id, name }) => `${id} (${name})`).join(", ");
		throw new Error(`There are several accounts: ${listed}. Set CLOUDFLARE_ACCOUNT_ID to one of them.`);
	}
	return account.id;
}

/** The object in the output of wrangler, which may print notes before it. */
const jsonIn = (output: string): unknown => JSON.parse(output.slice(Math.max(0, output.indexOf("{"))));
