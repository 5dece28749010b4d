/**
 * Ends the workerd that a local server left behind when it was killed (kill -9). It still has the database open and the
 * gates in memory. Two runtimes over one disk would be two authorities over one key, which can't happen on the platform.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";

interface Runtime {
	pid: number;
	/** The process that started it; init, once that has ended. */
	parent: { pid: number; name: string };
}

/** Ends runtimes that hold files below `folder` and whose server is gone. Throws if one is in use. */
export function endOrphanedRuntimes(folder: string): void {
	for (const { pid, parent } of holders(folder)) {
		if (/^(node|MainThread)/.test(parent.name))
			throw new Error(
				`The service is already running in this folder (process ${parent.pid}). Use it, or stop it: kill ${parent.pid}`,
			);
		process.kill(pid, "SIGKILL");
	}
}

/** workerd processes that have a file below the folder open. */
function holders(folder: string): Runtime[] {
	return existsSync("/proc/self/fd") ? holdersInProc(folder) : holdersByLsof(folder);
}

function holdersInProc(folder: string): Runtime[] {
	return readdirSync("/proc")
		.filter((name) => /^\d+$/.test(name))
		.flatMap((pid) => {
			try {
				if (readFileSync(`/proc/${pid}/comm`, "utf8").trim() !== "workerd") return [];
				const open = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
				if (!open.some((path) => path.startsWith(`${folder}/`))) return [];
				// After the program's name in brackets: state, then parent.
				const parent = readFileSync(`/proc/${pid}/stat`, "utf8")
					.replace(/^.*\) \S /s, "")
					.split(" ")[0];
				const name = readFileSync(`/proc/${parent}/comm`, "utf8").trim();
				return [{ pid: Number(pid), parent: { pid: Number(parent), name } }];
			} catch {
				// It ended in the meantime, or belongs to another user.
				return [];
			}
		});
}

function holdersByLsof(folder: string): Runtime[] {
	const run = (command: string, ...args: string[]) =>
		spawnSync(command, args, { encoding: "utf8" }).stdout?.trim() ?? "";
	const pids = run("lsof", "-t", "-c", "workerd", "-a", "+D", folder).split("\n").filter(Boolean).map(Number);
	return pids.map((pid) => {
		const parent = run("ps", "-o", "ppid=", "-p", String(pid));
		const name = run("ps", "-o", "comm=", "-p", parent).replace(/^.*\//, "");
		return { pid, parent: { pid: Number(parent), name } };
	});
}
