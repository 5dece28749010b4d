/** Calls of the gates of keys, for everything that manages keys. */
import { and, eq } from "drizzle-orm";
import type { Author } from "../../db/audit.ts";
import { toPlace } from "../../db/places.ts";
import { apiKeys, tenants } from "../../db/schema.ts";
import { retryOnce } from "../admission/retry-once.ts";
import { AppError } from "../errors.ts";
import type { KeyGate } from "../gate/key-gate.ts";
import { type GateResult, type ManagementCall, unknownCode } from "../gate/protocol.ts";
import { isKeyId } from "../keys/format.ts";
import { ADDED_FIELDS } from "../keys/snapshot.ts";
import { logError } from "../log.ts";
import type { Gates } from "../namespaces.ts";
import type { ApiKey } from "../schemas/api-key.ts";
import type { Deps } from "./deps.ts";

type GateStub = DurableObjectStub<KeyGate>;
type Place = NonNullable<Parameters<Gates["getByName"]>[1]>;
type GateDeps = Pick<Deps, "db" | "gates">;

/** The key that a call is about, and whose key it must be. */
interface Target {
	keyId: string;
	tenantId: string;
}

/**
 * Reads from the gate of a key. Throws `NOT_FOUND` for a key that doesn't exist or belongs to another tenant, and
 * `UNAVAILABLE` if the gate cannot be reached. Reading twice is harmless, so it is retried.
 */
export async function readFromGate<T>(
	deps: GateDeps,
	{ keyId, tenantId }: Target,
	read: (gate: GateStub) => Promise<GateResult<T>>,
): Promise<T> {
	const listed = await requireKnownKey(deps, { keyId, tenantId });
	const value = await withoutGhost(deps, keyId, listed, () => askGate(deps, keyId, read, listed.place));
	if (listed.version !== null && isAnotherVersion(value, listed.version)) await repair(deps, keyId);
	return value;
}

/** Calls the gate of a key that is known to exist, with a call that is safe to retry. Throws as {@link readFromGate} does. */
export function askGate<T>(
	{ gates }: Pick<Deps, "gates">,
	keyId: string,
	ask: (gate: GateStub) => Promise<GateResult<T>>,
	place?: Place,
): Promise<T> {
	return unwrap(() => retryOnce(() => ask(gates.getByName(keyId, place))));
}

/**
 * Changes a key through its gate. Throws as {@link readFromGate} does, and `CONFLICT`. `isRepeatable`: whether making the
 * change twice has the outcome of making it once.
 */
export async function changeAtGate<T>(
	deps: GateDeps,
	call: ManagementCall,
	isRepeatable: boolean,
	change: (gate: GateStub, call: ManagementCall) => Promise<GateResult<T>>,
): Promise<T> {
	// The platform can also end a key that D1 has lost, for example after a restore.
	const { keyId, author } = call;
	const target = { keyId, tenantId: author.tenantId };
	const listed = isPlatform(author) ? await listedKey(deps, target) : await requireKnownKey(deps, target);
	const send = () =>
		change(deps.gates.getByName(keyId, listed?.place), { ...call, listedVersion: listed?.version ?? undefined });
	return withoutGhost(deps, keyId, listed, () => unwrap(() => (isRepeatable ? retryOnce(send) : send())));
}

/** Runs a call of a gate. If D1 lists a key that its gate knows as deleted, the gate deletes the row again. */
async function withoutGhost<T>(
	deps: GateDeps,
	keyId: string,
	listed: Listed | null,
	call: () => Promise<T>,
): Promise<T> {
	try {
		return await call();
	} catch (error) {
		if (error instanceof AppError && error.code === "NOT_FOUND" && listed !== null) await repair(deps, keyId);
		throw error;
	}
}

/** Has a gate repair the row of its key. A failure is only logged: `npm run reconcile` repairs it too. */
async function repair({ gates }: GateDeps, keyId: string): Promise<void> {
	try {
		await callAddedMethod(
			() => gates.getByName(keyId).reconcile(keyId, false),
			() => null,
		);
	} catch (error) {
		logError(`The gate of the key ${keyId} could not repair its row`, error);
	}
}

/** Whether a gate has returned the key in another version. */
function isAnotherVersion(value: unknown, version: number): boolean {
	return typeof value === "object" && value !== null && "version" in value && value.version !== version;
}

const isPlatform = ({ actor }: Author): boolean => actor === "service_role";

const notFound = () => new AppError("NOT_FOUND", "API key not found.");

/**
 * Throws `NOT_FOUND` unless D1 has the key for this tenant. Asking a gate for an unknown id would create an object for it,
 * and an attacker with a list of random ids could create any number. While D1 is down, the gate decides alone, so that
 * known keys can still be managed.
 */
async function requireKnownKey(deps: GateDeps, target: Target): Promise<Listed> {
	if (!isKeyId(target.keyId)) throw notFound();
	const listed = await listedKey(deps, target);
	if (listed === null) throw notFound();
	return listed;
}

/** What D1 knows of a key that it lists. */
interface Listed {
	/**
	 * Where the gate of the key is created if it doesn't exist yet: near the tenant's integrations, and not near the admin
	 * who was the first to look at the key.
	 */
	place: Place;
	/** Null: D1 could not be asked. */
	version: number | null;
}

/** Null if D1 has no such key for the tenant. */
async function listedKey({ db }: GateDeps, { keyId, tenantId }: Target): Promise<Listed | null> {
	try {
		const [found] = await db
			.select({ hint: tenants.locationHint, version: apiKeys.version })
			.from(apiKeys)
			.innerJoin(tenants, eq(tenants.id, apiKeys.tenantId))
			.where(and(eq(apiKeys.id, keyId), eq(apiKeys.tenantId, tenantId)));
		return found ? { place: toPlace(found.hint), version: found.version } : null;
	} catch (error) {
		logError("D1 could not be asked whether a key exists, so its gate decides", error);
		return { place: {}, version: null };
	}
}

interface Coded {
	code: unknown;
}

/** Returns the value of a gate's result, or throws its error. */
async function unwrap<T>(call: () => Promise<GateResult<T>>): Promise<T> {
	let result: GateResult<T>;
	try {
		result = await call();
	} catch (cause) {
		throw new AppError("UNAVAILABLE", undefined, { cause });
	}
	switch (result.code) {
		case "OK":
			return result.value;
		case "NOT_FOUND":
			throw notFound();
		case "CONFLICT":
			throw new AppError("CONFLICT", result.message);
		case "UNAVAILABLE":
			throw new AppError("UNAVAILABLE");
		default:
			// The type has every code of this release. A gate of the next one may send others, and each has a code.
			throw new AppError("UNAVAILABLE", undefined, { cause: unknownCode((result satisfies never as Coded).code) });
	}
}

/** What the platform throws when an object's class has no such method. */
const MISSING_METHOD = /The RPC receiver does not implement/;

/**
 * Calls a method of a gate that was added in this release. Gates that are in use run the release before for up to a minute
 * after a deploy (`code_update_strategy` in wrangler.toml), and have no such method. Then `fallback` runs instead: give one
 * where an older method does the same. Without one, throws `UNAVAILABLE`, since the call succeeds after a minute.
 */
export async function callAddedMethod<T>(call: () => Promise<T>, fallback?: () => T | Promise<T>): Promise<T> {
	try {
		return await retryOnce(call);
	} catch (error) {
		const isMissing = error instanceof TypeError && MISSING_METHOD.test(error.message);
		if (!isMissing) throw error;
		if (fallback) return fallback();
		throw new AppError("UNAVAILABLE", "The API key's gate is being updated. Retry in a minute.", { cause: error });
	}
}

/** A change by the author. */
export function managementCall(
	author: Author,
	input: { id: string; expected_version?: number | undefined; unrestricted?: boolean | undefined },
): ManagementCall {
	const { id, expected_version, unrestricted } = input;
	return { keyId: id, author, expectedVersion: expected_version, unrestricted };
}

/** The key with the fields that a gate of the last release doesn't send. */
export function complete<T extends ApiKey>(key: T): T {
	return { ...ADDED_FIELDS, ...key };
}
