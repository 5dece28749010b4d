/** What services work with. */
import type { Database } from "../../db/client.ts";
import type { Gates } from "../admission/admit.ts";
import type { Config } from "../env.ts";

export interface Deps {
	db: Database;
	gates: Gates;
	config: Config;
	/** When the request arrived, in milliseconds. */
	now: number;
}
