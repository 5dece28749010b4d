/**
 * What the gates of a release write to their disks: one gate for each kind of record and state. The release runs in a bare
 * workerd, is called as a client would, and its storage is read afterwards.
 */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";
import { deserialize } from "node:v8";
import { applyMigrations, readMigrations } from "../../db/migrate.ts";
import { startRuntime } from "../../scripts/runtime.ts";
import { eventually } from "../harness.ts";
import { exported, oldKey } from "../old-key.ts";
import { Session } from "../session.ts";
import { authorizationOf } from "../sign.ts";
import { adminToken, type Release, SECRETS, workerOf } from "./release.ts";

/** The state of a gate that records show. */
export const STATES = [
	"used",
	"in use",
	"signed",
	"signed, in use",
	"revoked",
	"deleted",
	"rotated",
	"suspended",
	"imported",
	"imported, unused",
	"imported, deleted",
	"undelivered",
	"unfinished rotation",
] as const;
type State = (typeof STATES)[number];

/** The records of one gate, by their names in its storage. */
export interface GoldenGate {
	state: State;
	records: Record<string, unknown>;
}

const TENANT = "ten_golden";
const SUSPENDED_TENANT = "ten_suspended";
/** A gate persists what it must not forget after at most two checks of 3 seconds without a request. */
const IDLE_MS = 7_000;
const PATIENCE_MS = 20_000;

/** Runs the release and returns the records of its gates. Takes ten seconds. */
export async function goldenRecords(release: Release): Promise<GoldenGate[]> {
	const folder = mkdtempSync(join(tmpdir(), "salesos-golden-"));
	try {
		const states = await play(release, folder);
		const gates = recordsIn(folder);
		return STATES.map((state) => {
			const id = [...states].find(([, of]) => of === state)?.[0];
			const records = gates.find(({ key }) => (key as { id?: unknown } | undefined)?.id === id);
			if (!records) throw new Error(`No gate has the records of "${state}"`);
			return { state, records };
		});
	} finally {
		rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
	}
}

/** Uses keys until a gate of each state exists. Returns the state of each key. */
async function play(release: Release, folder: string): Promise<ReadonlyMap<string, State>> {
	const runtime = await startRuntime([workerOf(release, { name: "golden", database: "golden" })], {
		folder,
		onLog: () => undefined,
	});
	const states = new Map<string, State>();
	try {
		const db = await runtime.database("golden");
		await applyMigrations(db, readMigrations());
		const insert = "INSERT INTO tenants (id, name, slug, created_at) VALUES (?, ?, ?, ?)";
		await db.batch([TENANT, SUSPENDED_TENANT].map((id) => db.prepare(insert).bind(id, id, id, Date.now())));
		const url = await runtime.url("golden");
		const fetchService = (path: string, init?: RequestInit) => fetch(url + path, init);
		const sessionOf = async (id: string) => new Session({ fetch: fetchService }, await adminToken(id, release.options));
		const admin = await sessionOf(TENANT);
		const platform = new Session({ fetch: fetchService }, SECRETS.SERVICE_ROLE_KEY);

		const create = async (state: State, more: Record<string, unknown> = {}, by = admin) => {
			const made = await by.mutate("keys.create", { name: state, rate_limit: 5_000, expires_in_days: 90, ...more });
			states.set(made.api_key.id, state);
			return { ...made, id: made.api_key.id };
		};
		const use = async (key: string, userAgent = "golden/1.0") => {
			const headers = { authorization: `Bearer ${key}`, "user-agent": userAgent, "cf-connecting-ip": "203.0.113.7" };
			return (await fetchService("/v1/whoami", { headers })).status;
		};
		const sign = async (key: string, secret: string | null) => {
			const headers = { authorization: authorizationOf({ key, secret: secret ?? "" }) };
			return (await fetchService("/v1/whoami", { headers })).status;
		};
		const importKey = async (state: State) => {
			const key = oldKey();
			const { items } = await platform.mutate("keys.import", { tenant_id: TENANT, keys: [exported(key)] });
			const id = items[0]?.id ?? "";
			states.set(id, state);
			return { key, id };
		};

		const used = await create("used", { scopes: ["leads:read"], ip_allowlist: ["203.0.113.0/24"] });
		for (const caller of ["golden/1.0", "golden/2.0"]) await use(used.key, caller);
		const signed = await create("signed", { authentication: "signed" });
		await sign(signed.key, signed.secret);
		const revoked = await create("revoked");
		await use(revoked.key);
		await admin.mutate("keys.revoke", { id: revoked.id, reason: "Golden" });
		await use(revoked.key);
		const deleted = await create("deleted");
		await use(deleted.key);
		await admin.mutate("keys.delete", { id: deleted.id });
		const rotated = await create("rotated");
		await use(rotated.key);
		await rotateOnce(fetchService, admin.token ?? "", rotated.id);
		const suspended = await create("suspended", {}, await sessionOf(SUSPENDED_TENANT));
		await use(suspended.key);
		await platform.mutate("tenants.suspend", { id: SUSPENDED_TENANT });
		const imported = await importKey("imported");
		await use(imported.key);
		const unused = await importKey("imported, unused");
		await admin.mutate("keys.update", { id: unused.id, name: "imported, unused" });
		const importedAndDeleted = await importKey("imported, deleted");
		await use(importedAndDeleted.key);
		await admin.mutate("keys.delete", { id: importedAndDeleted.id });

		const undelivered = await create("undelivered");
		const unfinished = await create("unfinished rotation");
		const refuse = "CREATE TRIGGER no_audit BEFORE INSERT ON audit_events BEGIN SELECT raise(abort, 'golden'); END";
		await db.prepare(refuse).run();
		await admin.mutate("keys.update", { id: undelivered.id, name: "Renamed" });
		await admin.mutate("keys.rotate", { id: unfinished.id }).catch(() => undefined);

		await pause(IDLE_MS);
		const inUse = await eventually("a key is created", PATIENCE_MS, async () => {
			await db.prepare("DROP TRIGGER IF EXISTS no_audit").run();
			const made = await create("in use");
			await db.prepare(refuse).run();
			return made;
		});
		await use(inUse.key);
		await db.prepare("DROP TRIGGER no_audit").run();
		const signedInUse = await create("signed, in use", { authentication: "signed" });
		await db.prepare(refuse).run();
		await sign(signedInUse.key, signedInUse.secret);
	} finally {
		// While the last requests are still in memory only.
		await runtime.dispose();
	}
	return states;
}

/** A rotation whose record a retry would find. */
async function rotateOnce(
	fetchService: (path: string, init?: RequestInit) => Promise<Response>,
	token: string,
	id: string,
): Promise<void> {
	const response = await fetchService(`/v1/api-keys/${id}/rotate`, {
		method: "POST",
		headers: { authorization: `Bearer ${token}`, "content-type": "application/json", "idempotency-key": "golden" },
		body: JSON.stringify({ revoke_previous_after_hours: 24 }),
	});
	if (response.status >= 300) throw new Error(`Rotating: ${response.status} ${await response.text()}`);
}

/** The records of every gate whose storage is in the folder. */
function recordsIn(folder: string): Record<string, unknown>[] {
	const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
	return files
		.filter((file) => file.includes("KeyGate") && file.endsWith(".sqlite"))
		.map((file) => {
			const disk = new DatabaseSync(join(folder, file));
			try {
				const tables = disk.prepare("SELECT count(*) AS n FROM sqlite_master WHERE name = '_cf_KV'").get();
				if (tables?.n !== 1) return {};
				const rows = disk.prepare("SELECT key, value FROM _cf_KV ORDER BY key").all();
				return Object.fromEntries(rows.map(({ key, value }) => [String(key), plain(deserialize(value as Uint8Array))]));
			} finally {
				disk.close();
			}
		});
}

/** The value, if JSON keeps it as it is. */
function plain(value: unknown): unknown {
	const copy: unknown = JSON.parse(JSON.stringify(value));
	if (shapeOf(copy) !== shapeOf(value)) throw new Error(`JSON does not keep ${shapeOf(value)}`);
	return copy;
}

/** The fields of a value and their types, as text. Lists are of what their first element is. */
export function shapeOf(value: unknown): string {
	if (value === null || typeof value !== "object") return value === null ? "null" : typeof value;
	if (Array.isArray(value)) return `[${value.length === 0 ? "" : shapeOf(value[0])}]`;
	if (Object.getPrototypeOf(value) !== Object.prototype) return value.constructor.name;
	const fields = Object.entries(value).map(([name, field]) => `${name}: ${shapeOf(field)}`);
	return `{ ${fields.sort().join(", ")} }`;
}
