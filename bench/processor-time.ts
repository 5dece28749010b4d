/** CPU time of other processes, where the system tells (Linux). */
import { readdirSync, readFileSync } from "node:fs";

/** The kernel counts processor time in hundredths of a second for whoever asks through /proc. */
const TICKS_PER_SECOND = 100;

/** Process id of the newest child of this process with that name; null: there is none, or the system does not tell. */
export function childNamed(name: string): number | null {
	let newest: number | null = null;
	for (const pid of entries("/proc")) {
		const stat = fieldsOf(pid);
		if (stat?.name === name && stat.parent === process.pid && Number(pid) > (newest ?? 0)) newest = Number(pid);
	}
	return newest;
}

/** Seconds of CPU that the process has used, in all threads; null: the system does not tell. */
export function processorSeconds(pid: number | null): number | null {
	return pid === null ? null : (fieldsOf(String(pid))?.seconds ?? null);
}

function entries(folder: string): string[] {
	try {
		return readdirSync(folder).filter((name) => /^\d+$/.test(name));
	} catch {
		return [];
	}
}

/** See proc(5), /proc/pid/stat. The name stands in brackets and may hold anything, so what follows is counted from its end. */
function fieldsOf(pid: string): { name: string; parent: number; seconds: number } | null {
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
		const end = stat.lastIndexOf(")");
		const rest = stat.slice(end + 2).split(" ");
		const name = stat.slice(stat.indexOf("(") + 1, end);
		return { name, parent: Number(rest[1]), seconds: (Number(rest[11]) + Number(rest[12])) / TICKS_PER_SECOND };
	} catch {
		return null;
	}
}
