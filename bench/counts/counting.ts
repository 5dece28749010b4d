/**
 * Counts what a Worker makes D1 and its objects' disks do, from underneath: the Worker's own code is what was built, and
 * knows nothing of it.
 *
 * - D1: every answer of the database tells how many rows the statement read and wrote (`meta`, index rows included;
 *   what a bill is made from). They are taken from the runtime's D1 client, where all answers come through.
 * - Objects: a key-value pair put or deleted, and an alarm set, is one row written each, as the platform bills them;
 *   SQL tells its rows itself.
 * - Timers: how long they were set for. Only objects set timers of this length.
 */
export interface Counts {
	d1Statements: number;
	d1RowsRead: number;
	d1RowsWritten: number;
	objectRowsWritten: number;
	/** Alarms that rang. */
	alarms: number;
	/** For how long timers were set, in seconds. An object that waits for a timer cannot hibernate and is billed. */
	timerSeconds: number;
}

const none = (): Counts => ({
	d1Statements: 0,
	d1RowsRead: 0,
	d1RowsWritten: 0,
	objectRowsWritten: 0,
	alarms: 0,
	timerSeconds: 0,
});
let counts = none();
/** Cursors go on counting while they are read, so they are asked at the end. */
let cursors: { rowsWritten: number }[] = [];

/** What was counted since the last time this was asked. */
export function takeCounts(): Counts {
	const taken = { ...counts };
	for (const { rowsWritten } of cursors) taken.objectRowsWritten += rowsWritten;
	counts = none();
	cursors = [];
	return taken;
}

export function countAlarm(): void {
	counts.alarms++;
}

// biome-ignore lint/suspicious/noExplicitAny: methods of the runtime, whose arguments are handed on unseen
type Method = (...args: any[]) => unknown;

/** Replaces a method where it is defined, be it on the object itself or further up. Throws when there is none. */
function wrap(object: object, name: string, around: (original: Method) => Method): void {
	let holder: object | null = object;
	while (holder && !Object.hasOwn(holder, name)) holder = Object.getPrototypeOf(holder);
	const original: unknown = holder && Reflect.get(holder, name);
	if (!holder || typeof original !== "function") throw new Error(`This runtime has no method ${name} to count at`);
	Object.defineProperty(holder, name, { value: around(original as Method), configurable: true, writable: true });
}

interface D1Answer {
	meta: { rows_read: number; rows_written: number };
}

let d1Watched = false;

/** All D1 clients of this isolate, for they share their methods. */
export function countD1(db: D1Database): void {
	if (d1Watched) return;
	d1Watched = true;
	wrap(
		db.withSession(),
		"_sendOrThrow",
		(send) =>
			async function (this: unknown, ...args) {
				const answer = (await send.apply(this, args)) as D1Answer | D1Answer[];
				for (const { meta } of Array.isArray(answer) ? answer : [answer]) {
					counts.d1Statements++;
					counts.d1RowsRead += meta.rows_read;
					counts.d1RowsWritten += meta.rows_written;
				}
				return answer;
			},
	);
}

/** Shorter ones are no waiting. */
const TIMER_MIN_MS = 100;
let objectsWatched = false;

/** All objects of this isolate. */
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

/** Every timer that is set from now on. */
export function countTimers(): void {
	wrap(
		globalThis,
		"setTimeout",
		(original) =>
			function (this: unknown, ...args) {
				const milliseconds = Number(args[1] ?? 0);
				if (milliseconds >= TIMER_MIN_MS) counts.timerSeconds += milliseconds / 1_000;
				return original.apply(this, args);
			},
	);
}
