/** CPU time of other processes, on systems with /proc (Linux). */
import { readdirSync, readFileSync } from "node:fs";

/** /proc reports CPU time in hundredths of a second. */
const TICKS_PER_SECOND = 100;

/** Process id of the newest child with that name; null without such a child or without /proc. */
export function childNamed(name: string): number | null {
	let newest: number | null = null;
	for (const pid of entries("/proc")) {
		const stat = fieldsOf(pid);
		if (stat?.name === name && stat.parent === process.pid && Number(pid) > (newest ?? 0)) newest = Number(pid);
	}
	return newest;
}

/** CPU seconds of all threads of a process; null without /proc. */
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

/** Parses /proc/pid/stat, see proc(5). The name in brackets may contain brackets, so parse from its last one. */
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
