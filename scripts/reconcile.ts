/** `npm run reconcile`: compares gates with D1 after a restore of either, and repairs differences. See docs/disasters.md. */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { unstable_readConfig as readConfig } from "wrangler";
import { cloudflareApi } from "./cloudflare/api.ts";
import { localSecrets, PORT, STATE_DIR } from "./local-files.ts";
import { objectsInCloudflare, objectsOnThisMachine } from "./reconcile/objects.ts";
import { openTokens, reconcile, type Send } from "./reconcile/run.ts";

const HELP = `Compares every API key's gate with the database and repairs the difference. The service must run. An interrupted run
continues where it was.

  npm run reconcile                         the service on this machine
  npm run reconcile -- --env production     an environment of wrangler.toml; set SERVICE_ROLE_KEY

  --dry-run              reports and changes nothing
  --tokens <time>        also lists the valid management tokens that were created before the time of the restore
  --revoke-tokens        with --tokens: revokes them
  --url <url>            the service; default: PUBLIC_URL of the environment
  --env <name>           staging or production
  --help                 shows this
`;

const ROOT = join(import.meta.dirname, "..");
/** Longer than the service works on a page. */
const TIMEOUT_MS = 120_000;

/** Requests to the service with the platform's credential. */
function sender(url: string, serviceKey: string): Send {
	return async <T>(path: string, body: unknown): Promise<T> => {
		const response = await fetch(new URL(path, url), {
			method: "POST",
			headers: { authorization: `Bearer ${serviceKey}`, "content-type": "application/json" },
			body: JSON.stringify(body),
			redirect: "error",
			signal: AbortSignal.timeout(TIMEOUT_MS),
		});
		if (!response.ok) throw new Error(`${path} responded ${response.status}: ${await response.text()}`);
		// The caller names the shape of the data.
		return ((await response.json()) as { data: T }).data;
	};
}

async function main(): Promise<void> {
	const { values } = parseArgs({
		options: {
			env: { type: "string" },
			url: { type: "string" },
			tokens: { type: "string" },
			"revoke-tokens": { type: "boolean", default: false },
			"dry-run": { type: "boolean", default: false },
			help: { type: "boolean" },
		},
	});
	if (values.help) return console.log(HELP);
	const { env, tokens, "dry-run": isDryRun, "revoke-tokens": isRevoking } = values;
	if (isRevoking && (tokens === undefined || isDryRun))
		throw new Error("--revoke-tokens needs --tokens <time>, and does not go with --dry-run.");
	const config = readConfig({ config: join(ROOT, "wrangler.toml"), ...(env ? { env } : {}) });
	const url = values.url ?? (env ? String(config.vars.PUBLIC_URL ?? "") : `http://localhost:${PORT}`);
	const serviceKey = process.env.SERVICE_ROLE_KEY || (env ? "" : localSecrets().SERVICE_ROLE_KEY);
	if (!url || !serviceKey) throw new Error("Set SERVICE_ROLE_KEY, and name the service with --url.");
	const send = sender(url, serviceKey);
	const isComplete = await reconcile({
		send,
		objects: env
			? await objectsInCloudflare(await cloudflareApi(), config.name ?? "")
			: objectsOnThisMachine(STATE_DIR),
		stateFile: join(ROOT, `.reconcile-${env ?? "local"}.json`),
		isDryRun,
		print: console.log,
	});
	if (tokens !== undefined) await openTokens(send, tokens, isRevoking, console.log);
	if (!isComplete && !isDryRun) process.exitCode = 2;
}

try {
	await main();
} catch (error) {
	console.error(error instanceof Error ? error.message : error);
	process.exitCode = 1;
}
