/** Which moments to name below a chart, so that their names do not run into each other. */
import { formatClock } from "../../i18n/format.ts";
import { dayLabel, isDaily } from "./bucket-time.ts";

export interface Tick {
	/** Milliseconds since the epoch. */
	at: number;
	label: string;
}

/** Room for a time or a short date and the gap to the next, in CSS pixels. */
const ROOM_PX = 72;
/** So near the end a name would be cut off. */
const EDGE_PX = 14;
/** Above so many hours the days are named instead. */
const HOURS_NAMED_MAX = 48;
/** Hours of the day that are named, as dense as there is room: all of them, every second… */
const EVERY_HOURS = [1, 2, 3, 4, 6, 12];

/** `starts` and `size` of the buckets in milliseconds, `width` of all of them together in CSS pixels. */
export function ticksFor(starts: readonly number[], size: number, width: number): Tick[] {
	const room = width / Math.max(starts.length, 1);
	const end = (starts.at(-1) ?? 0) + size;
	const fits = (at: number) => ((end - at) / size) * room >= EDGE_PX;
	if (isDaily(size)) {
		const middles = starts.map((start) => start + size / 2).filter(fits);
		return everyNth(middles, ROOM_PX / room).map((at) => ({ at, label: dayLabel(at, true) }));
	}
	if (starts.length > HOURS_NAMED_MAX) {
		const midnights = starts.filter((start) => new Date(start).getHours() === 0 && fits(start));
		return everyNth(midnights, ROOM_PX / (room * 24)).map((at) => ({ at, label: dayLabel(at, false) }));
	}
	const every = EVERY_HOURS.find((hours) => hours * room >= ROOM_PX) ?? 24;
	return starts
		.filter((start) => new Date(start).getHours() % every === 0 && fits(start))
		.map((at) => ({ at, label: formatClock(new Date(at).toISOString()) }));
}

/** Every so many-th, counted back from the last: today is what people look for first. */
function everyNth(moments: readonly number[], least: number): number[] {
	const every = Math.max(1, Math.ceil(least));
	return moments.filter((_, index) => (moments.length - 1 - index) % every === 0);
}
