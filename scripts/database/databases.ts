/** The D1 databases of the service, on this machine or in Cloudflare. */
import { join } from "node:path";
import { type Unstable_Config as Config, unstable_readConfig as readConfig } from "wrangler";
import type { DatabaseBindings } from "../../db/client.ts";
import { type Migration, readMigrations } from "../../db/migrate.ts";
import { cloudflareApi } from "../cloudflare/api.ts";
import { type D1, remoteD1 } from "../cloudflare/d1.ts";
import { withLocalDatabases } from "../local.ts";
import { isPlaceholderId } from "../production/config-file.ts";

const WRANGLER_CONFIG = join(import.meta.dirname, "../../wrangler.toml");

/** Every database by its binding in wrangler.toml, with its migrations. */
const DATABASES: { binding: keyof DatabaseBindings; migrations: () => Migration[] }[] = [
	{ binding: "DB", migrations: readMigrations },
	{ binding: "PRODUCT_DB", migrations: () => readMigrations("product-migrations") },
];

export interface OpenDatabase {
	binding: string;
	d1: D1;
	/** All migrations of this release. */
	migrations: readonly Migration[];
	/**
	 * The point of Time Travel that the database is at, with which Cloudflare can restore it for 30 days. Null on this
	 * machine, which has no Time Travel.
	 */
	bookmark: () => Promise<string | null>;
}

/** Opens the databases of this machine while `use` runs, and returns its result. The service must be stopped. */
export const openLocalDatabases = <T>(use: (databases: OpenDatabase[]) => Promise<T>): Promise<T> =>
	withLocalDatabases((bindings) =>
		use(
			DATABASES.map(({ binding, migrations }) => ({
				...{ binding, d1: bindings[binding], migrations: migrations() },
				bookmark: async () => null,
			})),
		),
	);

/**
 * The databases of an environment of wrangler.toml in Cloudflare. Throws if the id of `DB` is a placeholder. That of `PRODUCT_DB` is
 * one until product data is moved there, and `npm run deploy` refuses a placeholder afterwards.
 */
export async function remoteDatabases(environment: string): Promise<OpenDatabase[]> {
	const { d1_databases }: Config = readConfig({ config: WRANGLER_CONFIG, env: environment });
	const api = await cloudflareApi();
	return DATABASES.flatMap(({ binding, migrations }): OpenDatabase[] => {
		const configured = d1_databases.find((database) => database.binding === binding);
		if (configured === undefined) return [];
		const id = configured.database_id ?? "";
		if (isPlaceholderId(id) && binding === "PRODUCT_DB") return [];
		if (isPlaceholderId(id))
			throw new Error(
				`[env.${environment}] of wrangler.toml names no database for ${binding}. Write the id of the database there.`,
			);
		const path = `/d1/database/${id}/time_travel/bookmark`;
		const bookmark = async () => (await api.call<{ bookmark: string }>("GET", path)).bookmark;
		return [{ binding, d1: remoteD1(api, id), migrations: migrations(), bookmark }];
	});
}

/** The jurisdiction that the configuration keeps data in; null: none. Without an environment, that of the top level. */
export function configuredJurisdiction(environment?: string): string | null {
	const { vars }: Config = readConfig({ config: WRANGLER_CONFIG, ...(environment ? { env: environment } : {}) });
	return String(vars.JURISDICTION ?? "") || null;
}
