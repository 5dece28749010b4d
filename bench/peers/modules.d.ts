/**
 * The types of the peers' packages that the bench uses. The packages are installed on demand, so the types of the project
 * can't come from them.
 */
declare module "better-auth" {
	interface VerifiedKey {
		id: string;
		name: string | null;
		expiresAt: Date | null;
		requestCount: number;
		rateLimitMax: number | null;
	}
	interface Auth {
		/** Passed to `getMigrations`. */
		options: unknown;
		api: {
			createApiKey(call: { body: Record<string, unknown> }): Promise<{ key: string }>;
			verifyApiKey(call: { body: { key: string } }): Promise<{ valid: boolean; key: VerifiedKey | null }>;
		};
		$context: Promise<{
			internalAdapter: { createUser(user: Record<string, unknown>): Promise<{ id: string }> };
		}>;
	}
	export function betterAuth(options: Record<string, unknown>): Auth;
}

declare module "better-auth/db/migration" {
	export function getMigrations(options: unknown): Promise<{ runMigrations(): Promise<void> }>;
}

declare module "@better-auth/api-key" {
	export function apiKey(options?: Record<string, unknown>): unknown;
}

declare module "better-sqlite3" {
	export default class Database {
		constructor(file: string);
		pragma(text: string): unknown;
	}
}
