declare namespace Cloudflare {
	/** The bindings that tests have in addition to those of wrangler.toml. */
	interface Env
		extends Pick<
			import("../../worker/env.ts").Bindings,
			"JWT_SECRET" | "SERVICE_ROLE_KEY" | "KEY_PEPPER" | "SIGNING_KEY"
		> {
		/** docs/examples/worker.ts, which has a service binding to the Worker under test. */
		OTHER_WORKER: Fetcher;
		TEST_MIGRATIONS: import("../../db/migrate.ts").Migration[];
		TEST_PRODUCT_MIGRATIONS: import("../../db/migrate.ts").Migration[];
	}
}

type Import = (specifier: string, options?: object) => Promise<unknown>;

type SourceMapOf = (id: string) => unknown;

/** Loads modules inside the tests' runner. setup.ts replaces two functions, and keeps them under the names with `always`. */
declare var __vitest_mocker__: {
	moduleRunner: {
		import: Import;
		importAlways?: Import;
		evaluatedModules: { getModuleSourceMapById: SourceMapOf; alwaysMapOf?: SourceMapOf };
	};
};
