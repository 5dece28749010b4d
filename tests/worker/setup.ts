/** Before every test file: the tables, in a database of the file's own. */
import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";

await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);

/**
 * With every call of an object or an entrypoint, the tests' runner asks another process whether the Worker's module is
 * still the same. It is, so it is asked once: that is a fifth of the time of what makes many calls.
 */
const { moduleRunner } = __vitest_mocker__;
const load = moduleRunner.import.bind(moduleRunner);
const loaded = new Map<string, unknown>();
moduleRunner.import = async (specifier) => {
	if (!loaded.has(specifier)) loaded.set(specifier, await load(specifier));
	return loaded.get(specifier);
};
