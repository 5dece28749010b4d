/**
 * The timelines of the demo's API keys: created, expired, rotated or revoked with the transitions of the service, so that
 * rows and audit events are what the service would have written. Pure, except for the ids and hashes
 * from `mint` and the ids of events.
 */

import type { AuditEvent, Author } from "../../db/audit.ts";
import type { Environment } from "../../db/enums.ts";
import type { KeyMaterial } from "../../worker/keys/format.ts";
import { INITIAL_STATE, type KeySnapshot } from "../../worker/keys/snapshot.ts";
import { creation, revoke, rotate, successorOf } from "../../worker/keys/transitions.ts";
import { DAY_MS, HOUR_MS } from "../../worker/schemas/time.ts";
import { addresses, purpose, type Rhythm } from "./purposes.ts";
import type { Random } from "./random.ts";

/** The input of a demo. */
export interface DemoInput {
	/** The current time in milliseconds. Only expiries can be later. */
	now: number;
	random: Random;
	/** The users who manage the keys. */
	authors: readonly [Author, ...Author[]];
	/** Creates the material of a key whose secret is dropped. */
	mint(environment: Environment): KeyMaterial;
}

/** One key with its audit events, without its requests. */
export interface Timeline {
	key: KeySnapshot;
	rhythm: Rhythm;
	events: AuditEvent[];
}

/** The newest keys are about a day apart, so that the first pages of the list show keys with a month of usage. */
export const NEWEST = 60;
const NEWEST_SPAN_MS = 60 * DAY_MS;
const OLDEST_MS = 730 * DAY_MS;

const TEST = 0.2;
const RESTRICTED_TO_ADDRESSES = 0.15;
/** Shares of all keys. */
const REVOKED = 0.13;
const EXPIRED = 0.12;
/** Shares of the active keys. */
const EXPIRING_SOON = 0.08;
const NEVER_EXPIRES = 1 / 3;
/** One key in this number was rotated. */
const ROTATED_EVERY = 200;
const ROTATED_FIRST = 3;

const LIFETIMES_DAYS = [7, 30, 60, 90, 180, 365, 730, 1_095] as const;
const SOON_MS = 14 * DAY_MS;
const REASONS = [
	null,
	"Integração substituída",
	"Contrato encerrado",
	"Replaced by a key with fewer scopes",
	"Chave vista em um registro de log",
	"Partner left",
] as const;

/** This number of keys with their timelines, including pairs of a rotated key and its successor. Newest first. */
export function timelines(count: number, input: DemoInput): Timeline[] {
	const made: Timeline[] = [];
	for (let index = 0; made.length < count; index++) {
		const createdAt = input.now - age(index, count, input.random);
		const rotates = index % ROTATED_EVERY === ROTATED_FIRST && made.length + 2 <= count;
		made.push(...(rotates ? rotatedPair(createdAt, index, input) : [timeline(createdAt, input)]));
	}
	return made.sort((a, b) => b.key.createdAt - a.key.createdAt);
}

/** The age of the key at this position: the newest evenly spaced, the others anywhere in two years. */
function age(rank: number, count: number, random: Random): number {
	const newest = Math.min(NEWEST, count);
	if (rank >= newest) return random.between(NEWEST_SPAN_MS, OLDEST_MS);
	return ((rank + random.between(0.1, 0.9)) / newest) * NEWEST_SPAN_MS;
}

function timeline(createdAt: number, input: DemoInput): Timeline {
	const { now, random } = input;
	const share = random.between(0, 1);
	const [shortest, ...longer] = LIFETIMES_DAYS.map((days) => days * DAY_MS).filter((ms) => createdAt + ms < now);
	if (shortest !== undefined && share < EXPIRED)
		return created(createdAt, createdAt + random.pick([shortest, ...longer]), input);
	const active = created(createdAt, futureExpiry(createdAt, input), input);
	return share >= 1 - REVOKED ? revoked(active, input) : active;
}

/** An expiry in the future, or none. */
function futureExpiry(createdAt: number, { now, random }: DemoInput): number | null {
	if (random.chance(EXPIRING_SOON)) return now + random.between(HOUR_MS, SOON_MS);
	if (random.chance(NEVER_EXPIRES / (1 - EXPIRING_SOON))) return null;
	const ends = LIFETIMES_DAYS.map((days) => createdAt + days * DAY_MS).filter((end) => end > now + SOON_MS);
	// The longest lifetime exceeds the age of the oldest key, so there is always one.
	const [first = now + OLDEST_MS, ...others] = ends;
	return random.pick([first, ...others]);
}

/** A new key, and the event of its creation. */
function created(createdAt: number, expiresAt: number | null, { random, authors, mint }: DemoInput): Timeline {
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

/** The same key, revoked before its expiry. */
function revoked({ key, rhythm, events }: Timeline, { now, random, authors }: DemoInput): Timeline {
	const at = Math.floor(random.between(key.createdAt, now));
	const change = revoke(key, random.pick(REASONS), random.pick(authors), at);
	// The key was not revoked before, so there is a next state.
	if (!change || "deletedAt" in change.next) throw new Error("A new key can be revoked");
	return { key: change.next, rhythm, events: [...events, change.event] };
}

/** How long ago a key of this age was rotated, and its overlap. */
type Rotation = (age: number, random: Random) => { agoMs: number; overlapMs: number | null };

/** In turn: still in its overlap, without an end, and revoked at the end of its overlap. */
const ROTATIONS: readonly [Rotation, ...Rotation[]] = [
	(age, random) => ({ agoMs: Math.min(age, 25 * DAY_MS) * random.between(0.1, 0.9), overlapMs: 30 * DAY_MS }),
	(age, random) => ({ agoMs: age * random.between(0.1, 0.9), overlapMs: null }),
	(age, random) => ({ agoMs: age * random.between(0.5, 0.9), overlapMs: HOUR_MS }),
];

/** A key and its successor. */
function rotatedPair(createdAt: number, index: number, input: DemoInput): [Timeline, Timeline] {
	const { now, random, authors, mint } = input;
	const before = created(createdAt, futureExpiry(createdAt, input), input);
	const author = random.pick(authors);
	const rotation = ROTATIONS[Math.floor(index / ROTATED_EVERY) % ROTATIONS.length] ?? ROTATIONS[0];
	const { agoMs, overlapMs } = rotation(now - before.key.createdAt, random);
	const at = Math.floor(now - agoMs);
	const successor = successorOf(before.key, mint(before.key.environment), null, author.actor, at);
	const change = rotate(before.key, successor.id, overlapMs, author, at);
	// A rotation always changes the key, and never deletes it.
	if (!change || "deletedAt" in change.next) throw new Error("A new key can be rotated");
	return [
		{ ...before, key: change.next, events: [...before.events, change.event] },
		{ key: successor, rhythm: before.rhythm, events: [creation(successor, author, at)] },
	];
}
