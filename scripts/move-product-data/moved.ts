/** Notes in `DB` whether the product data is in `PRODUCT_DB`. It is a row, so that a backup has it. */
import { PRODUCT_DATA_MOVED } from "../../db/unmoved-product-data.ts";
import type { D1 } from "../cloudflare/d1.ts";

/** Throws if the database lacks the table: then the release that runs is too old, and responds 500 where this one responds 503. */
export async function requireServiceState(keys: D1): Promise<void> {
	const found = await keys.prepare("select 1 from sqlite_schema where name = 'service_state'").raw();
	if (found.length === 0)
		throw new Error("DB lacks migrations, so an older release is running. Deploy this release first: npm run deploy.");
}

export async function isNotedAsMoved(keys: D1): Promise<boolean> {
	const found = await keys
		.prepare("select 1 from service_state where name = ?1 and value = 'yes'")
		.bind(PRODUCT_DATA_MOVED)
		.raw();
	return found.length > 0;
}

export async function noteMoved(keys: D1, isMoved: boolean): Promise<void> {
	await keys
		.prepare("insert or replace into service_state (name, value, updated_at) values (?1, ?2, unixepoch() * 1000)")
		.bind(PRODUCT_DATA_MOVED, isMoved ? "yes" : "no")
		.run();
}
