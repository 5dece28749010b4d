/**
 * The lives of the demo's API keys: made, left to expire, rotated or revoked, by the transitions that the service
 * itself goes through, so that rows and audit events are what it would have written. Pure but for the ids and hashes
 * that `mint` draws, and the ids of events.
 */

import type { AuditEvent, Author } from "../../db/audit.ts";
import type { Environment } from "../../db/enums.ts";
import type { KeyMaterial } from "../../worker/keys/format.ts";
import { INITIAL_STATE, type KeySnapshot } from "../../worker/keys/snapshot.ts";
import { creation, revoke, rotate, successorOf } from "../../worker/keys/transitions.ts";
import { DAY_MS, HOUR_MS } from "../../worker/schemas/time.ts";
import { addresses, purpose, type Rhythm } from "./purposes.ts";
import type { Random } from "./random.ts";

/** What a demo is made from. */
export interface DemoWorld {
	/** The present, in milliseconds. Nothing of a demo lies after it but ends that are ahead. */
	now: number;
	random: Random;
	/** People who manage the keys. */
	authors: readonly [Author, ...Author[]];
	/** Makes real material, of a key that nobody keeps. */
	mint(environment: Environment): KeyMaterial;
}

/** One key with everything that happened to it but its requests. */
export interface Life {
	key: KeySnapshot;
	rhythm: Rhythm;
	events: AuditEvent[];
}

/** The newest keys are about a day apart, so that the first pages of the list have some with a month of usage. */
export const NEWEST = 60;
const NEWEST_SPAN_MS = 60 * DAY_MS;
const OLDEST_MS = 730 * DAY_MS;

const TEST = 0.2;
const RESTRICTED_TO_ADDRESSES = 0.15;
/** Of a hundred keys, 13 were revoked and 12 have expired. */
const REVOKED = 0.13;
const EXPIRED = 0.12;
/** Of the active ones. */
const EXPIRING_SOON = 0.08;
const NEVER_EXPIRES = 1 / 3;
/** Every so many keys, one that was rotated. */
const ROTATED_EVERY = 200;
const ROTATED_FIRST = 3;

const LIVES_IN_DAYS = [7, 30, 60, 90, 180, 365, 730, 1_095] as const;
const SOON_MS = 14 * DAY_MS;
const REASONS = [
	null,
	"Integração substituída",
	"Contrato encerrado",
	"Replaced by a key with fewer scopes",
	"Chave vista em um registro de log",
	"Partner left",
] as const;

/** So many lives, of a successor and its predecessor too, the newest key first. */
export function lives(count: number, world: DemoWorld): Life[] {
	const made: Life[] = [];
	for (let index = 0; made.length < count; index++) {
		const createdAt = world.now - age(index, count, world.random);
		const rotates = index % ROTATED_EVERY === ROTATED_FIRST && made.length + 2 <= count;
		made.push(...(rotates ? rotatedLives(createdAt, index, world) : [life(createdAt, world)]));
	}
	return made.sort((a, b) => b.key.createdAt - a.key.createdAt);
}

/** How long ago the key of a rank was made: the first ones one after the other, the others anywhere in two years. */
function age(rank: number, count: number, random: Random): number {
	const newest = Math.min(NEWEST, count);
	if (rank >= newest) return random.between(NEWEST_SPAN_MS, OLDEST_MS);
	return ((rank + random.between(0.1, 0.9)) / newest) * NEWEST_SPAN_MS;
}

function life(createdAt: number, world: DemoWorld): Life {
	const { now, random } = world;
	const fate = random.between(0, 1);
	const [shortest, ...longer] = LIVES_IN_DAYS.map((days) => days * DAY_MS).filter((ms) => createdAt + ms < now);
	if (shortest !== undefined && fate < EXPIRED)
		return begun(createdAt, createdAt + random.pick([shortest, ...longer]), world);
	const begins = begun(createdAt, lifeAhead(createdAt, world), world);
	return fate >= 1 - REVOKED ? revoked(begins, world) : begins;
}

/** An end that lies ahead, or none. */
function lifeAhead(createdAt: number, { now, random }: DemoWorld): number | null {
	if (random.chance(EXPIRING_SOON)) return now + random.between(HOUR_MS, SOON_MS);
	if (random.chance(NEVER_EXPIRES / (1 - EXPIRING_SOON))) return null;
	const ends = LIVES_IN_DAYS.map((days) => createdAt + days * DAY_MS).filter((end) => end > now + SOON_MS);
	// The longest life there is goes beyond the age of the oldest key, so there always is one.
	const [first = now + OLDEST_MS, ...others] = ends;
	return random.pick([first, ...others]);
}

/** A new key, and the event of its making. */
function begun(createdAt: number, expiresAt: number | null, { random, authors, mint }: DemoWorld): Life {
	const environment = random.chance(TEST) ? "test" : "live";
	const { rhythm, ...settings } = purpose(random, environment);
	const author = random.pick(authors);
	const key: KeySnapshot = {
		...mint(environment),
		...settings,
		tenantId: author.tenantId,
		ipAllowlist: random.chance(RESTRICTED_TO_ADDRESSES) ? addresses(random) : [],
		createdAt: Math.floor(createdAt),
		createdBy: author.actor,
		expiresAt: expiresAt === null ? null : Math.floor(expiresAt),
		...INITIAL_STATE,
	};
	return { key, rhythm, events: [creation(key, author, key.createdAt)] };
}

/** The same key, revoked since; its end by itself would lie ahead. */
function revoked({ key, rhythm, events }: Life, { now, random, authors }: DemoWorld): Life {
	const at = Math.floor(random.between(key.createdAt, now));
	const change = revoke(key, random.pick(REASONS), random.pick(authors), at);
	// A key is revoked once, and then it has a next state.
	if (!change || "deletedAt" in change.next) throw new Error("A key that was just made can be revoked");
	return { key: change.next, rhythm, events: [...events, change.event] };
}

/** How long ago a key was rotated, given its age, and how long it went on after that. */
type Rotation = (age: number, random: Random) => { agoMs: number; overlapMs: number | null };

/** In turn: still in its overlap, going on for as long as nobody revokes it, and stopped by itself. */
const ROTATIONS: readonly [Rotation, ...Rotation[]] = [
	(age, random) => ({ agoMs: Math.min(age, 25 * DAY_MS) * random.between(0.1, 0.9), overlapMs: 30 * DAY_MS }),
	(age, random) => ({ agoMs: age * random.between(0.1, 0.9), overlapMs: null }),
	(age, random) => ({ agoMs: age * random.between(0.5, 0.9), overlapMs: HOUR_MS }),
];

/** A key and its successor. */
function rotatedLives(createdAt: number, index: number, world: DemoWorld): [Life, Life] {
	const { now, random, authors, mint } = world;
	const before = begun(createdAt, lifeAhead(createdAt, world), world);
	const author = random.pick(authors);
	const rotation = ROTATIONS[Math.floor(index / ROTATED_EVERY) % ROTATIONS.length] ?? ROTATIONS[0];
	const { agoMs, overlapMs } = rotation(now - before.key.createdAt, random);
	const at = Math.floor(now - agoMs);
	const successor = successorOf(before.key, mint(before.key.environment), null, author.actor, at);
	const change = rotate(before.key, successor.id, overlapMs, author, at);
	// The pointer to the successor is a change, and no rotation ends in a tombstone.
	if (!change || "deletedAt" in change.next) throw new Error("A key that was just made can be rotated");
	return [
		{ ...before, key: change.next, events: [...before.events, change.event] },
		{ key: successor, rhythm: before.rhythm, events: [creation(successor, author, at)] },
	];
}
