/** Versions of a Worker, and their shares of the requests. */
import { COMMANDS, isMissing, jsonOf, report, type Surroundings } from "./steps.ts";

/** The versions of the Worker that have a share of the requests, in percent; null: the Worker was never deployed. */
export async function sharesNow(worker: string, { run }: Surroundings): Promise<Map<string, number> | null> {
	const status = await run(COMMANDS.deployments(worker));
	if (isMissing(status)) return null;
	// The shape is wrangler's.
	const { versions } = jsonOf<{ versions: { version_id: string; percentage: number }[] }>("The deployment", status);
	return new Map(versions.filter(({ percentage }) => percentage > 0).map((one) => [one.version_id, one.percentage]));
}

/** The version that has all requests; null: the Worker was never deployed. Throws while two versions share them. */
export async function servingVersion(worker: string, surroundings: Surroundings): Promise<string | null> {
	const shares = await sharesNow(worker, surroundings);
	if (shares !== null && shares.size > 1) {
		const listed = [...shares].map(([version, share]) => `${version}@${share}`);
		throw new Error(
			`Two versions share the requests: ${listed.join(" and ")}. Give one of them all, then run this again:\n  npx wrangler versions deploy <version>@100 --name ${worker}`,
		);
	}
	return shares?.keys().next().value ?? null;
}

/**
 * Uploads a new version, and returns its id. Null if the release adds a class of Durable Objects: Cloudflare applies that to all
 * requests at once.
 */
export async function upload(commit: string, surroundings: Surroundings): Promise<string | null> {
	const result = await surroundings.run(COMMANDS.upload(commit.slice(0, 12)));
	if (result.code !== 0 && /pending Durable Object migration|10211/.test(result.output)) {
		surroundings.print("The release adds a class of Durable Objects, so it is deployed to all requests at once.");
		return null;
	}
	report("Upload", result, surroundings);
	const [, version] = /Version ID: ([0-9a-f-]{36})/.exec(result.output) ?? [];
	if (version === undefined) throw new Error(`wrangler printed no version:\n${result.output.trim()}`);
	return version;
}

/** How `wrangler versions deploy` divides the requests between two versions. */
export const sharesOf = (version: string, previous: string | null, share: number): string[] =>
	share === 100 || previous === null ? [`${version}@100`] : [`${version}@${share}`, `${previous}@${100 - share}`];

/** The version that was uploaded last. Cloudflare changes secrets only while that one runs. */
export async function latestVersion(worker: string, { run }: Surroundings): Promise<string | null> {
	// Wrangler sorts by time of creation. The shape is wrangler's.
	const versions = jsonOf<{ id: string }[]>("The list of versions", await run(COMMANDS.versions(worker)));
	return versions.at(-1)?.id ?? null;
}
