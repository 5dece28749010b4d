/** Makes a race deterministic: another request changes the database between what a request reads and what it writes. */
import { env } from "cloudflare:workers";

/** The database of a request. `change` runs once, right before its first batch. */
export function beforeBatch(change: () => PromiseLike<unknown>): D1Database {
	let isChanged = false;
	return new Proxy(env.DB, {
		get(target, name) {
			if (name === "batch")
				return async (statements: D1PreparedStatement[]) => {
					if (!isChanged) await change();
					isChanged = true;
					return target.batch(statements);
				};
			const value: unknown = Reflect.get(target, name);
			return typeof value === "function" ? value.bind(target) : value;
		},
	});
}
