/** Built releases of the Worker: the one of this repository, and those that are kept in this folder. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { brotliDecompressSync } from "node:zlib";
import { SignJWT } from "jose";
import type { V4WorkerOptions, V4WorkerOptionsShape } from "miniflare";
import { type Module, modulesOf, ROOT } from "../../scripts/built-service.ts";
import { directSockets } from "../../scripts/runtime.ts";

/** The release before the one that is being developed. Change it when a release is kept (see CONTRIBUTING.md). */
export const LAST_RELEASE = "1.0.0";

/** The folder of the release that is being developed. */
export const NEXT_RELEASE = "next";

export interface Release {
	/** Without the folders of the machine that built it. */
	options: V4WorkerOptionsShape;
	/** The entry first. */
	modules: Module[];
	/** The newest migration that it needs, by its file name without `.sql`. */
	schema: string;
}

/** The file of a release that is kept. */
export const fileOf = (version: string, name: string): string => join(import.meta.dirname, version, name);

/** A release that is kept, as `keep.ts` wrote it. */
export const keptRelease = (version: string): Release =>
	JSON.parse(brotliDecompressSync(readFileSync(fileOf(version, "worker.json.br"))).toString()) as Release;

/** In the module with the list of common passwords, which only choosing a password loads: a third of the release. */
const COMMON_PASSWORDS = /\bencodedString\b/;
const ENTRY = "index.js";

/** The release that was built in a copy of the repository. Throws if it was not built. */
export function builtRelease(folder: string): Release {
	const optionsFile = join(folder, "dist", "worker-options.json");
	if (!existsSync(optionsFile)) throw new Error(`${folder} was not built`);
	// Written by scripts/built-service.ts.
	const { options } = JSON.parse(readFileSync(optionsFile, "utf8")) as { options: V4WorkerOptionsShape };
	const { assets: _assets, rootPath: _root, ...kept } = options as V4WorkerOptionsShape & Record<string, unknown>;
	const built = join(folder, "dist", "salesos_api_keys");
	const modules = readdirSync(built, { recursive: true, encoding: "utf8" })
		.filter((name) => name.endsWith(".js"))
		.map((name) => ({
			name,
			code: readFileSync(join(built, name), "utf8").replace(/\n?\/\/# sourceMappingURL=.*\s*$/, ""),
		}))
		.filter(({ code }) => !COMMON_PASSWORDS.test(code))
		.sort((a, b) => Number(b.name === ENTRY) - Number(a.name === ENTRY));
	const migrations = readdirSync(join(folder, "db", "migrations")).filter((name) => name.endsWith(".sql"));
	const schema = migrations.sort().at(-1)?.replace(".sql", "") ?? "";
	return { options: kept as V4WorkerOptionsShape, modules, schema };
}

/** The secrets of Workers that share their databases and gates. */
export const SECRETS = {
	JWT_SECRET: "releases-jwt-secret-0123456789abcdef01234567",
	SERVICE_ROLE_KEY: "releases-service-role-key-0123456789abcd",
	KEY_PEPPER: "releases-key-pepper-0123456789abcdef0123",
	SIGNING_KEY: "releases-signing-key-0123456789abcdef012",
};

interface Place {
	name: string;
	/** Workers with the same database share it. */
	database: string;
	/** The Worker whose gates it calls. Default: its own. */
	gatesOf?: string;
}

/** The release as a Worker for a bare workerd. */
export function workerOf({ options, modules }: Release, { name, database, gatesOf }: Place): V4WorkerOptions {
	const gates =
		gatesOf === undefined ? {} : { KEY_GATE: { className: "KeyGate", scriptName: gatesOf, useSQLite: true } };
	return {
		...options,
		name,
		rootPath: ROOT,
		modulesRoot: ROOT,
		modules: modulesOf(modules),
		bindings: { ...options.bindings, ...SECRETS, LEGACY_KEYS: "on", USAGE_FLUSH_SECONDS: "1" },
		// Without a database of its own, product data is where release 1.0.0 has it.
		d1Databases: { DB: { id: database } },
		durableObjects: { ...options.durableObjects, ...gates },
		unsafeDirectSockets: directSockets(),
	};
}

/** A token of an admin of the tenant. */
export const adminToken = (tenantId: string, { bindings = {} }: Release["options"]): Promise<string> =>
	new SignJWT({ tenant_id: tenantId, role: "admin" })
		.setProtectedHeader({ alg: "HS256" })
		.setSubject("usr_releases")
		.setIssuer(String(bindings.JWT_ISSUER))
		.setAudience(String(bindings.JWT_AUDIENCE))
		.setExpirationTime("1h")
		.sign(new TextEncoder().encode(SECRETS.JWT_SECRET));
