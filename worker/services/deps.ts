/** What services work with. */
import type { Database } from "../../db/client.ts";
import type { Analytics } from "../admission/verdict-points.ts";
import type { Config } from "../env.ts";
import type { Gates } from "../namespaces.ts";

export interface Deps {
	/** Tenants, people, keys, the audit log. */
	db: Database;
	/** What integrations write. Can be the same database: `product-schema.ts` has its tables. */
	product: Database;
	gates: Gates;
	config: Config;
	/** Where verdicts are recorded. Without it they are recorded nowhere. */
	analytics?: Analytics | null;
	/** When the request arrived, in milliseconds. */
	now: number;
}
