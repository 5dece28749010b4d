/**
 * Brings the folded text of older rows up to {@link TEXT_VERSION}. SQL cannot fold text, so a migration cannot do it: the
 * scheduled run does, in portions. Running it twice, or twice at once, does no harm.
 */
import { sql } from "drizzle-orm";
import { leads } from "../../db/product-schema.ts";
import { apiKeys } from "../../db/schema.ts";
import { TEXT_VERSION } from "../../db/search.ts";
import { keyText } from "../gate/delivery/d1-records.ts";
import type { Deps } from "./deps.ts";
import { leadText } from "./leads.ts";

/** Rows of one statement. D1 runs one statement at a time, so a long one would delay other requests. */
const ROWS_PER_STATEMENT = 200;
/** Statements of one run on one table. */
const STATEMENTS_MAX = 50;

/** The condition must repeat the one of the partial indexes `…_by_old_text`. */
const OLD_TEXT = sql.raw(`text_version < ${TEXT_VERSION}`);

/** Rewrites rows, and returns how many. */
export async function foldOldText({
	db,
	product,
}: Pick<Deps, "db" | "product">): Promise<{ keys: number; leads: number }> {
	const done = { keys: 0, leads: 0 };
	for (let statement = 0; statement < STATEMENTS_MAX; statement++) {
		const rows = await db
			.select({ id: apiKeys.id, name: apiKeys.name, keyPrefix: apiKeys.keyPrefix, lastFour: apiKeys.lastFour })
			.from(apiKeys)
			.where(OLD_TEXT)
			.limit(ROWS_PER_STATEMENT);
		if (rows.length === 0) break;
		const texts = rows.map((row) => ({ id: row.id, name: row.name, ...keyText(row) }));
		// A key that was renamed since has its new text already.
		await db.run(sql`
			update ${apiKeys} set search_text = folded.search_text, name_sort = folded.name_sort, text_version = ${TEXT_VERSION}
			from (
				select value ->> '$.id' as id, value ->> '$.name' as name, value ->> '$.searchText' as search_text,
					value ->> '$.nameSort' as name_sort
				from json_each(${JSON.stringify(texts)})
			) as folded
			where api_keys.id = folded.id and api_keys.name = folded.name`);
		done.keys += rows.length;
	}
	for (let statement = 0; statement < STATEMENTS_MAX; statement++) {
		const rows = await product.select().from(leads).where(OLD_TEXT).limit(ROWS_PER_STATEMENT);
		if (rows.length === 0) break;
		const texts = rows.map((row) => ({ id: row.id, before: row.searchText, ...leadText(row) }));
		await product.run(sql`
			update ${leads} set search_text = folded.search_text, name_sort = folded.name_sort, text_version = ${TEXT_VERSION}
			from (
				select value ->> '$.id' as id, value ->> '$.before' as before, value ->> '$.searchText' as search_text,
					value ->> '$.nameSort' as name_sort
				from json_each(${JSON.stringify(texts)})
			) as folded
			where leads.id = folded.id and leads.search_text = folded.before`);
		done.leads += rows.length;
	}
	return done;
}
