/**
 * Counts the work that a Worker causes in D1 and in the storage of its objects. It wraps methods of the runtime, so the
 * built Worker runs unchanged.
 *
 * - D1: every result reports the rows that the statement read and wrote (`meta`, index rows included), which is what is
 *   billed. All results pass through the runtime's D1 client.
 * - Objects: each put or delete of a key-value pair and each alarm is one row written, as the platform bills it. SQL
 *   cursors report their rows.
 * - Timers: the seconds for which one was pending. Only objects set timers of this length.
 */
export interface Counts {
	d1Statements: number;
	d1RowsRead: number;
	d1RowsWritten: number;
	objectRowsWritten: number;
	/** Alarms that fired. */
	alarms: number;
	/** Seconds for which a timer was pending that then fired. An object that waits for one can't hibernate and is billed. */
	timerSeconds: number;
	/** Seconds for which a timer was pending that was then cleared: how long an object waited for D1. */
	waitSeconds: number;
}

const none = (): Counts => ({
	d1Statements: 0,
	d1RowsRead: 0,
	d1RowsWritten: 0,
	objectRowsWritten: 0,
	alarms: 0,
	timerSeconds: 0,
	waitSeconds: 0,
});
let counts = none();
/** A cursor counts rows while it is read, so its count is taken at the end. */
let cursors: { rowsWritten: number }[] = [];

/** Pending timers and when each was set. */
const pending = new Map<unknown, number>();
/** When the timers that have fired were set, and when they fired. */
let fired: { from: number; to: number }[] = [];

/** The seconds that at least one of the periods covers. */
function covered(periods: readonly { from: number; to: number }[]): number {
	let milliseconds = 0;
	let end = Number.NEGATIVE_INFINITY;
	for (const { from, to } of periods.toSorted((a, b) => a.from - b.from)) {
		milliseconds += Math.max(0, to - Math.max(from, end));
		end = Math.max(end, to);
	}
	return milliseconds / 1_000;
}

/** Returns the counts since the last call and resets them. */
export function takeCounts(): Counts {
	const taken = { ...counts, timerSeconds: covered(fired) };
	fired = [];
	for (const { rowsWritten } of cursors) taken.objectRowsWritten += rowsWritten;
	counts = none();
	cursors = [];
	return taken;
}

export function countAlarm(): void {
	counts.alarms++;
}

// biome-ignore lint/suspicious/noExplicitAny: methods of the runtime, whose arguments are passed on unchanged
type Method = (...args: any[]) => unknown;

/** Wraps a method on the object or prototype that defines it. Throws if there is none. */
function wrap(object: object, name: string, around: (original: Method) => Method): void {
	let holder: object | null = object;
	while (holder && !Object.hasOwn(holder, name)) holder = Object.getPrototypeOf(holder);
	const original: unknown = holder && Reflect.get(holder, name);
	if (!holder || typeof original !== "function") throw new Error(`This runtime has no method ${name} to wrap`);
	Object.defineProperty(holder, name, { value: around(original as Method), configurable: true, writable: true });
}

interface D1Result {
	meta: { rows_read: number; rows_written: number };
}

let d1Watched = false;

/** Counts for all D1 clients of this isolate, because they share their methods. */
export function countD1(db: D1Database): void {
	if (d1Watched) return;
	d1Watched = true;
	wrap(
		db.withSession(),
		"_sendOrThrow",
		(send) =>
			async function (this: unknown, ...args) {
				const result = (await send.apply(this, args)) as D1Result | D1Result[];
				for (const { meta } of Array.isArray(result) ? result : [result]) {
					counts.d1Statements++;
					counts.d1RowsRead += meta.rows_read;
					counts.d1RowsWritten += meta.rows_written;
				}
				return result;
			},
	);
}

/** Shorter timers don't keep an object awake for long. */
const TIMER_MIN_MS = 100;
let objectsWatched = false;

/** Counts for all objects of this isolate. */
export function countStorage(storage: DurableObjectStorage): void {
	if (objectsWatched) return;
	objectsWatched = true;
	const oneRow = (original: Method): Method =>
		function (this: unknown, ...args) {
			counts.objectRowsWritten++;
			return original.apply(this, args);
		};
	for (const name of ["put", "delete"]) wrap(storage.kv, name, oneRow);
	for (const name of ["put", "delete", "setAlarm"]) wrap(storage, name, oneRow);
	wrap(
		storage.sql,
		"exec",
		(exec) =>
			function (this: unknown, ...args) {
				const cursor = exec.apply(this, args) as { rowsWritten: number };
				cursors.push(cursor);
				return cursor;
			},
	);
}

/** Counts every timer that is set from now on. */
export function countTimers(): void {
	wrap(
		globalThis,
		"setTimeout",
		(original) =>
			function (this: unknown, callback, delay, ...args) {
				if (Number(delay ?? 0) < TIMER_MIN_MS) return original.call(this, callback, delay, ...args);
				const from = Date.now();
				const timer = original.call(
					this,
					(...given: unknown[]) => {
						pending.delete(timer);
						fired.push({ from, to: Date.now() });
						callback(...given);
					},
					delay,
					...args,
				);
				pending.set(timer, from);
				return timer;
			},
	);
	wrap(
		globalThis,
		"clearTimeout",
		(original) =>
			function (this: unknown, timer) {
				const from = pending.get(timer);
				if (from !== undefined) counts.waitSeconds += (Date.now() - from) / 1_000;
				pending.delete(timer);
				return original.call(this, timer);
			},
	);
}
