/**
 * A local server that was killed hard (kill -9) leaves its workerd behind, which still holds the database and the
 * gates in memory. Two runtimes over one disk would be two authorities over one key, which Cloudflare rules out and a
 * laptop must too: so the one left behind is ended before the next start.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";

interface Process {
	pid: number;
	/** Name of the program that started it; init's, once that has died. */
	parent: string;
}

/** Ends runtimes that hold files below `folder` and whose server is gone. Throws if one is in use. */
export function endOrphanedRuntimes(folder: string): void {
	for (const { pid, parent } of holders(folder)) {
		if (/^(node|MainThread)/.test(parent))
			throw new Error(`The service is running already (process ${pid}). Stop it, or use it.`);
		process.kill(pid, "SIGKILL");
	}
}

/** workerd processes that have a file below the folder open. */
function holders(folder: string): Process[] {
	return existsSync("/proc/self/fd") ? holdersInProc(folder) : holdersByLsof(folder);
}

function holdersInProc(folder: string): Process[] {
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
				return [{ pid: Number(pid), parent: readFileSync(`/proc/${parent}/comm`, "utf8").trim() }];
			} catch {
				// Ended meanwhile, or somebody else's.
				return [];
			}
		});
}

function holdersByLsof(folder: string): Process[] {
	const run = (command: string, ...args: string[]) =>
		spawnSync(command, args, { encoding: "utf8" }).stdout?.trim() ?? "";
	const pids = run("lsof", "-t", "-c", "workerd", "-a", "+D", folder).split("\n").filter(Boolean).map(Number);
	return pids.map((pid) => {
		const parent = run("ps", "-o", "ppid=", "-p", String(pid));
		return { pid, parent: run("ps", "-o", "comm=", "-p", parent).replace(/^.*\//, "") };
	});
}
