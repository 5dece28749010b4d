/** The environments of wrangler.toml. wrangler inherits no bindings and no vars, so each repeats those of the top level. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Unstable_Config as Config, unstable_readConfig as readConfig } from "wrangler";
import { REQUIRED_SECRETS } from "../../scripts/secrets.ts";

const WRANGLER_TOML = join(import.meta.dirname, "../../wrangler.toml");
const configOf = (env?: string): Config => readConfig({ config: WRANGLER_TOML, env });

const ENVIRONMENTS = ["staging", "production"] as const;
const TOP = configOf();

/** What an environment has of its own. */
const OWN = new Set(
	["name", "topLevelName", "targetEnvironment", "definedEnvironments", "routes", "workers_dev", "preview_urls"].concat(
		...["limits", "secrets", "vars", "dev"],
	),
);

/** The fields that name what a binding is bound to. All others, such as the limit of a rate limit, must be the same. */
const OWN_FIELDS = new Set(["database_id", "database_name", "namespace_id", "dataset", "bucket_name"]);

/** The configuration without what differs between environments. */
const common = (config: Config): unknown =>
	JSON.parse(
		JSON.stringify(Object.fromEntries(Object.entries(config).filter(([name]) => !OWN.has(name))), (name, value) =>
			OWN_FIELDS.has(name) ? "" : value,
		),
	);

/** The ids of databases, or of counters of rate limits. */
const idsOf = (config: Config) => [
	...config.d1_databases.map(({ database_id }) => database_id),
	...config.ratelimits.map(({ namespace_id }) => namespace_id),
];

describe.each(ENVIRONMENTS)("the environment %s", (name) => {
	const config = configOf(name);

	it("has the bindings, crons and settings of the top level", () => {
		expect(common(config)).toEqual(common(TOP));
	});

	it("has the vars of the top level", () => {
		expect(Object.keys(config.vars)).toEqual(Object.keys(TOP.vars));
	});

	it("is open to its own host name alone", () => {
		const { hostname } = new URL(String(config.vars.PUBLIC_URL));
		const isCustom = !hostname.endsWith(".workers.dev");
		expect(config.routes ?? []).toEqual(isCustom ? [{ pattern: hostname, custom_domain: true }] : []);
		expect([config.workers_dev, config.preview_urls]).toEqual([!isCustom, false]);
	});

	it("is not deployed without its secrets, and bounds the CPU time of a request", () => {
		expect(config.secrets?.required).toEqual([...REQUIRED_SECRETS]);
		expect(config.limits?.cpu_ms).toBeLessThanOrEqual(10_000);
	});
});

it("gives no two environments the same Worker, database or rate limits", () => {
	const all = [TOP, ...ENVIRONMENTS.map(configOf)].flatMap(idsOf);
	expect(new Set(all).size).toBe(all.length);
	expect(new Set(ENVIRONMENTS.map((name) => configOf(name).name)).size).toBe(ENVIRONMENTS.length);
});
