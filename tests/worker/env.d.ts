declare namespace Cloudflare {
	/** What the tests have beside the bindings of wrangler.toml. */
	interface Env extends Pick<import("../../worker/env.ts").Bindings, "JWT_SECRET" | "SERVICE_ROLE_KEY" | "KEY_PEPPER"> {
		/** docs/examples/worker.ts, which is bound to the Worker under test. */
		OTHER_WORKER: Fetcher;
		TEST_MIGRATIONS: import("cloudflare:test").D1Migration[];
	}
}

/** What loads modules inside the tests' runner. */
declare var __vitest_mocker__: { moduleRunner: { import(specifier: string): Promise<unknown> } };
