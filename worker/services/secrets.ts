/**
 * The generations of the service's secrets: since when each is in use, what depends on the previous one, and when the previous one
 * can be removed.
 */
import { and, gt, inArray, isNull, like, ne, or, sql } from "drizzle-orm";
import { runBatch } from "../../db/client.ts";
import { managementTokens, serviceState, tenants } from "../../db/schema.ts";
import { type UsedSecret, usedRecord } from "../auth/previous-uses.ts";
import type { Config, Secret } from "../env.ts";
import { pepperIdOf } from "../keys/format.ts";
import { type OperationsSecrets, type SecretState, TENANTS_SHOWN_MAX } from "../schemas/operations.ts";
import { DAY_MS, toTimestamp, toTimestampOrNull } from "../schemas/time.ts";
import type { Deps } from "./deps.ts";
import { countOutdatedKeys, KEYS_COUNTED_MAX, missingPeppers, type OutdatedKeys } from "./peppers.ts";

/** The longest life of a token: see `auth/jwt.ts`. */
const TOKEN_LIFE_MS = DAY_MS;
/** How long the previous service key must be unused: longer than a program that runs once a week needs. */
const SERVICE_KEY_QUIET_MS = 8 * DAY_MS;

type SecretDeps = Pick<Deps, "db" | "config" | "now">;
type Name = SecretState["name"];

const generationsOf = ({ jwt, serviceRoleKeys, peppers, signingKeys }: Config): [Name, readonly Secret[]][] => [
	["JWT_SECRET", jwt.secrets],
	["SERVICE_ROLE_KEY", serviceRoleKeys],
	["KEY_PEPPER", peppers],
	["SIGNING_KEY", signingKeys],
];

const SINCE = "secret since: ";
const sinceRecord = (name: Name, id: string) => `${SINCE}${name} ${id}`;
const acceptedRecord = (name: Name, id: string) => `secret accepted: ${name} ${id}`;
type Place = "current" | "previous";
/** Which secret is in a place, and since when. */
const placeRecord = (place: Place, name: Name) => `secret ${place}: ${name}`;

/**
 * Records since when each secret is in its place. A secret that is put back counts from then on, because what was
 * made with the other one in between still needs that one. The scheduled run does so every hour.
 */
export async function recordSecrets({ db, config, now }: SecretDeps): Promise<void> {
	const statements = generationsOf(config).flatMap(([name, [current, previous]]) => {
		if (!current) return [];
		const id = pepperIdOf(current);
		const known = sql`(select value from ${serviceState} where name = ${placeRecord("current", name)})`;
		return [
			// Before the current one is recorded: `known` is the one before.
			db
				.insert(serviceState)
				.values({ name: sinceRecord(name, id), value: String(now), updatedAt: now })
				.onConflictDoUpdate({
					target: serviceState.name,
					set: { value: String(now), updatedAt: now },
					setWhere: sql`coalesce(${known}, ${id}) <> ${id}`,
				}),
			recordPlace(db, placeRecord("current", name), id, now),
			...(previous
				? [
						recordPlace(db, placeRecord("previous", name), pepperIdOf(previous), now),
						db
							.insert(serviceState)
							.values({ name: acceptedRecord(name, pepperIdOf(previous)), value: String(now), updatedAt: now })
							.onConflictDoNothing(),
					]
				: []),
		];
	});
	await runBatch(db, statements);
}

/** Keeps the time while the same secret is in the place. */
const recordPlace = (db: SecretDeps["db"], name: string, id: string, now: number) =>
	db
		.insert(serviceState)
		.values({ name, value: id, updatedAt: now })
		.onConflictDoUpdate({
			target: serviceState.name,
			set: { value: id, updatedAt: now },
			setWhere: ne(serviceState.value, id),
		});

/** The state of every secret that has generations. Reveals none of them. */
export async function operationsSecrets(deps: SecretDeps, countedMax = KEYS_COUNTED_MAX): Promise<OperationsSecrets> {
	const { config } = deps;
	await recordSecrets(deps);
	const [records, outdated, tokens] = await Promise.all([
		readRecords(deps),
		countOutdatedKeys(deps, countedMax),
		countOutdatedTokens(deps),
	]);
	const missing = missingPeppers(outdated, config);
	const names = await namesOf(deps, [...outdated, ...tokens]);
	return {
		secrets: generationsOf(config).map(([name, [current, previous]]) => {
			if (!current) throw new Error(`The configuration has no ${name}.`);
			const id = pepperIdOf(current);
			const since = records.get(sinceRecord(name, id))?.value ?? null;
			return {
				name,
				id,
				since: toTimestampOrNull(since),
				previous: previous
					? previousOf(deps, { name, previous, since, records, outdated, tokens, names, countedMax })
					: null,
				missing: missing
					.filter(({ authentication }) => name === SECRET_OF[authentication])
					.map(({ pepperId, keys }) => ({ id: pepperId, api_keys: keys })),
			};
		}),
	};
}

const SECRET_OF = { bearer: "KEY_PEPPER", signed: "SIGNING_KEY" } as const satisfies Record<string, Name>;

interface OutdatedTokens {
	tenant_id: string;
	pepper_id: string | null;
	tokens: number;
}

interface Known {
	name: Name;
	previous: Secret;
	/** When the current secret was first seen. */
	since: number | null;
	records: Map<string, { value: number; updatedAt: number }>;
	outdated: readonly OutdatedKeys[];
	tokens: readonly OutdatedTokens[];
	names: Map<string, string>;
	countedMax: number;
}

function previousOf({ now }: SecretDeps, known: Known): SecretState["previous"] {
	const { name, records } = known;
	const id = pepperIdOf(known.previous);
	const since = toTimestampOrNull(records.get(sinceRecord(name, id))?.value ?? null);
	// A rotation accepts the new secret as the previous one before anything is made with it. That one must stay.
	const accepted = records.get(acceptedRecord(name, id))?.value ?? null;
	const isNext = since === null && accepted !== null && known.since !== null && accepted > known.since;
	if (name === "JWT_SECRET" || name === "SERVICE_ROLE_KEY") {
		const used = records.get(usedRecord(name, id));
		// Later than `since` if the secret was current between two runs that recorded it.
		const placed = records.get(placeRecord("previous", name))?.updatedAt ?? 0;
		const removableAt = known.since === null || isNext ? null : lastNeed(name, Math.max(known.since, placed), used);
		return {
			id,
			since,
			last_used_at: toTimestampOrNull(used?.updatedAt ?? null),
			dependents: null,
			tenants: [],
			removable_at: toTimestampOrNull(removableAt),
		};
	}
	const byTenant = dependentsByTenant(known, id);
	const sum = (what: "api_keys" | "management_tokens") => byTenant.reduce((total, one) => total + one[what], 0);
	return {
		id,
		since,
		last_used_at: null,
		dependents: {
			api_keys: sum("api_keys"),
			management_tokens: sum("management_tokens"),
			is_lower_bound: sum("api_keys") >= known.countedMax,
		},
		tenants: byTenant.slice(0, TENANTS_SHOWN_MAX),
		removable_at: byTenant.length === 0 && !isNext ? toTimestamp(now) : null,
	};
}

/** When the last credential of the previous secret that the service knows of ends. */
function lastNeed(name: UsedSecret, since: number, used: { value: number; updatedAt: number } | undefined): number {
	return name === "JWT_SECRET"
		? Math.max(since + TOKEN_LIFE_MS, used?.value ?? 0)
		: Math.max(since, used?.updatedAt ?? 0) + SERVICE_KEY_QUIET_MS;
}

/** What depends on the previous pepper or signing key, by tenant, most first. What has no id yet may depend on it. */
function dependentsByTenant({ name, outdated, tokens, names }: Known, previousId: string) {
	const byTenant = new Map<string, { id: string; name: string; api_keys: number; management_tokens: number }>();
	const of = (id: string) => {
		const one = byTenant.get(id) ?? { id, name: names.get(id) ?? id, api_keys: 0, management_tokens: 0 };
		byTenant.set(id, one);
		return one;
	};
	const may = (pepperId: string | null) => pepperId === null || pepperId === previousId;
	for (const { tenant_id, pepper_id, authentication, keys } of outdated)
		if (name === SECRET_OF[authentication] && may(pepper_id)) of(tenant_id).api_keys += keys;
	if (name === "KEY_PEPPER")
		for (const { tenant_id, pepper_id, tokens: count } of tokens)
			if (may(pepper_id)) of(tenant_id).management_tokens += count;
	const total = (one: { api_keys: number; management_tokens: number }) => one.api_keys + one.management_tokens;
	return [...byTenant.values()].sort((a, b) => total(b) - total(a) || (a.id < b.id ? -1 : 1));
}

async function readRecords({ db }: SecretDeps): Promise<Known["records"]> {
	const rows = await db.select().from(serviceState).where(like(serviceState.name, "secret %"));
	return new Map(rows.map(({ name, value, updatedAt }) => [name, { value: Number(value), updatedAt }]));
}

/** Active management tokens that were not made with the current pepper. A tenant has at most 200, so no index is needed. */
function countOutdatedTokens({ db, config, now }: SecretDeps): Promise<OutdatedTokens[]> {
	const [current] = config.peppers;
	return db
		.select({
			tenant_id: managementTokens.tenantId,
			pepper_id: managementTokens.pepperId,
			tokens: sql<number>`count(*)`,
		})
		.from(managementTokens)
		.where(
			and(
				isNull(managementTokens.revokedAt),
				gt(managementTokens.expiresAt, now),
				or(isNull(managementTokens.pepperId), ne(managementTokens.pepperId, current ? pepperIdOf(current) : "")),
			),
		)
		.groupBy(managementTokens.tenantId, managementTokens.pepperId);
}

/** The names of the tenants that are shown: D1 allows 100 parameters, so as one JSON parameter. */
async function namesOf({ db }: SecretDeps, of: readonly { tenant_id: string }[]): Promise<Map<string, string>> {
	const ids = JSON.stringify([...new Set(of.map(({ tenant_id }) => tenant_id))]);
	const rows = await db
		.select({ id: tenants.id, name: tenants.name })
		.from(tenants)
		.where(inArray(tenants.id, sql`(select value from json_each(${ids}))`));
	return new Map(rows.map(({ id, name }) => [id, name]));
}
