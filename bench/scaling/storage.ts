/** What keys store, in D1 and in their objects. Pure. */
const HOUR_SECONDS = 3_600;
const DAY_SECONDS = 86_400;
const GIGABYTE = 1e9;

/** Bytes of a row with its indexes. `tests/worker/db/row-bytes.test.ts` measures them. */
export const ROW_BYTES = { apiKey: 1_055, usage: 88, auditEvent: 1_185 } as const;
/** Bytes of the database of one gate. An empty one has as many. */
export const GATE_BYTES = 12_288;

/** Days for which usage is kept by the hour, and after that by the day. */
export const KEPT_DAYS = { byHour: 35, all: 400 } as const;
/** Audit events of a key that is created, changed a few times, rotated and revoked. */
const EVENTS_PER_KEY = 5;

/** The share of periods in which a key with this many requests a second is used at least once. */
const inUse = (perSecond: number, seconds: number) => 1 - Math.exp(-perSecond * seconds);

/** Rows of usage of one key in the long run. */
export function usageRows(perSecond: number, hoursKeptDays: number = KEPT_DAYS.byHour): number {
	const hours = hoursKeptDays * 24 * inUse(perSecond, HOUR_SECONDS);
	const days = (KEPT_DAYS.all - hoursKeptDays) * inUse(perSecond, DAY_SECONDS);
	return hours + days;
}

/** Gigabytes of `keys` keys in D1, by what takes them. */
export function storedInD1(keys: number, perSecond: number, hoursKeptDays: number = KEPT_DAYS.byHour) {
	const gigabytes = (bytesPerKey: number) => (keys * bytesPerKey) / GIGABYTE;
	const parts = {
		keys: gigabytes(ROW_BYTES.apiKey),
		usage: gigabytes(ROW_BYTES.usage * usageRows(perSecond, hoursKeptDays)),
		events: gigabytes(ROW_BYTES.auditEvent * EVENTS_PER_KEY),
	};
	return { ...parts, total: parts.keys + parts.usage + parts.events };
}

export const storedInGates = (keys: number): number => (keys * GATE_BYTES) / GIGABYTE;
