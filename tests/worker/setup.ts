/** Before every test file: nothing in the database and the objects that others have left there, and the tables. */
import { applyD1Migrations, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";

await reset();
await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);

/**
 * With every call of an object or an entrypoint, the tests' runner asks another process whether the Worker's module is
 * still the same. It is, so it is asked once: that is a third of the time of what makes many calls.
 */
const { moduleRunner } = __vitest_mocker__;
// Its own, and not the one of the file before.
const load: typeof moduleRunner.import = Object.getPrototypeOf(moduleRunner).import.bind(moduleRunner);
const loaded = new Map<string, unknown>();
moduleRunner.import = async (specifier) => {
	if (!loaded.has(specifier)) loaded.set(specifier, await load(specifier));
	return loaded.get(specifier);
};
