/**
 * Whether a new version gets `PRODUCT_DB`. A version that uses another database than its data is in would find nothing, so this
 * follows the move of product data (docs/deploy.md) and not wrangler.toml alone. So an upgrade needs no edit.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PRODUCT_DATA_STATE } from "../../db/unmoved-product-data.ts";
import { BUILT_CONFIG, COMMANDS, type Environment, jsonOf, type Plan, type Surroundings } from "./steps.ts";

const BINDING = "PRODUCT_DB";
const ONE_LINE_STATE = PRODUCT_DATA_STATE.replaceAll(/\s+/g, " ");

export interface ProductDatabase {
	isBound: boolean;
	/** The old version uses another database. Both can't serve at the same time, because one database rejects writes. */
	isSwitch: boolean;
}

interface Situation {
	/** wrangler.toml has its id. */
	isConfigured: boolean;
	/** Whether the version that has the requests uses it; null: there is no such version. */
	isInUse: boolean | null;
	/** What DB notes about a move: "yes" after `finish`, "no" after `back` or `cancel`, null without a move. */
	moved: string | null;
	/** DB has product data, and no note that it was moved. */
	isUnmoved: boolean;
}

/** Throws if the data and the running version contradict each other, or if the id of the database is missing. */
export function decide({ isConfigured, isInUse, moved, isUnmoved }: Situation): ProductDatabase {
	if (isInUse && isUnmoved && moved === null)
		throw new Error(
			"The running version uses PRODUCT_DB, and DB has product data too. If DB was restored to a moment before its data was moved, run npm run move:product-data -- finish. Otherwise see docs/deploy.md, Move product data.",
		);
	const isBound = moved === "yes" || (moved === null && !isUnmoved && isInUse !== false);
	if (isBound && !isConfigured)
		throw new Error(
			"The product data is in PRODUCT_DB, which has no database_id in wrangler.toml. Write its id there.",
		);
	return { isBound, isSwitch: isInUse !== null && isInUse !== isBound };
}

/** The step that the next function runs. */
export const productDatabaseCheck = (worker: string, environment: Environment): Plan[number] => [
	"Find out whether the product data is in DB or in PRODUCT_DB; the new version uses that one",
	COMMANDS.version(worker, "<old version>"),
	COMMANDS.query("DB", environment, ONE_LINE_STATE),
];

/** Decides by the running version and the databases. Their migrations must be applied. */
export async function productDatabase(
	worker: string,
	previous: string | null,
	isConfigured: boolean,
	environment: Environment,
	{ run }: Surroundings,
): Promise<ProductDatabase> {
	let isInUse: boolean | null = null;
	if (previous !== null) {
		// The shape is that of Cloudflare's API.
		const { resources } = jsonOf<{ resources: { bindings: { name: string }[] } }>(
			"The old version",
			await run(COMMANDS.version(worker, previous)),
		);
		isInUse = resources.bindings.some(({ name }) => name === BINDING);
	}
	const [result] = jsonOf<{ results: { unmoved: number; moved: string | null }[] }[]>(
		"The product data",
		await run(COMMANDS.query("DB", environment, ONE_LINE_STATE)),
	);
	const state = result?.results[0];
	if (state === undefined) throw new Error("The product data could not be read: wrangler returned no row.");
	return decide({ isConfigured, isInUse, moved: state.moved, isUnmoved: state.unmoved === 1 });
}

/** Takes the binding out of the configuration that the build has written. wrangler.toml stays as it is. */
export function leaveOutProductDatabase({ folder, print }: Surroundings): void {
	const path = join(folder, BUILT_CONFIG);
	// Written by the build.
	const config = JSON.parse(readFileSync(path, "utf8")) as { d1_databases: { binding: string }[] };
	const d1_databases = config.d1_databases.filter(({ binding }) => binding !== BINDING);
	writeFileSync(path, JSON.stringify({ ...config, d1_databases }));
	print("The product data is in DB, so the new version uses DB alone. To move it: docs/deploy.md, Move product data.");
}

/** How to return to an old version that uses the other database. */
export const wayBackOfSwitch = (
	worker: string,
	previous: string,
	isBound: boolean,
	environment: Environment,
): string[] => [
	"The version before uses the other database, which rejects writes. To go back, first move the data, then give it the requests:",
	...(isBound ? ["back"] : ["copy", "finish"]).map(
		(name) => `  npm run move:product-data -- ${name} --env ${environment}`,
	),
	`  ${COMMANDS.share(worker, [`${previous}@100`]).join(" ")}`,
];
