/** Labels below a chart that do not overlap. */
import { formatClock } from "../../i18n/format.ts";
import { dayLabel, isDaily } from "./bucket-time.ts";

export interface AxisLabel {
	/** Milliseconds since the epoch. */
	at: number;
	label: string;
}

/** Width of a time or short date with the gap to the next one, in CSS pixels. */
const LABEL_PX = 72;
/** A label closer to the end would be cut off. */
const EDGE_PX = 14;
/** With more hours than this, days are labelled instead. */
const LABELLED_HOURS_MAX = 48;
/** Intervals between labelled hours, shortest first. */
const EVERY_HOURS = [1, 2, 3, 4, 6, 12];

/** `starts` and `size` of the buckets in milliseconds, `width` of all of them together in CSS pixels. */
export function axisLabels(starts: readonly number[], size: number, width: number): AxisLabel[] {
	const room = width / Math.max(starts.length, 1);
	const end = (starts.at(-1) ?? 0) + size;
	const fits = (at: number) => ((end - at) / size) * room >= EDGE_PX;
	if (isDaily(size)) {
		const middles = starts.map((start) => start + size / 2).filter(fits);
		return everyNth(middles, LABEL_PX / room).map((at) => ({ at, label: dayLabel(at, true) }));
	}
	if (starts.length > LABELLED_HOURS_MAX) {
		// Not the hours at 0:00: in some zones clocks skip that hour, or it comes twice.
		const midnights = starts.filter((start) => dateOf(start) !== dateOf(start - size) && fits(start));
		return everyNth(midnights, LABEL_PX / (room * 24)).map((at) => ({ at, label: dayLabel(at, false) }));
	}
	const every = EVERY_HOURS.find((hours) => hours * room >= LABEL_PX) ?? 24;
	return (
		starts
			.filter((start) => hourOf(start) % every === 0 && fits(start))
			// When clocks go back, an hour comes twice. It gets one label.
			.filter((start) => hourOf(start) !== hourOf(start - size))
			.map((at) => ({ at, label: formatClock(new Date(at).toISOString()) }))
	);
}

const hourOf = (at: number) => new Date(at).getHours();
const dateOf = (at: number) => new Date(at).getDate();

/** Every nth time, counted from the last one, because people look for today first. */
function everyNth(times: readonly number[], least: number): number[] {
	const every = Math.max(1, Math.ceil(least));
	return times.filter((_, index) => (times.length - 1 - index) % every === 0);
}
