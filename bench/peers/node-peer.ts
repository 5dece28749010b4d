/** Starts the peer on Node as a process of its own, with a database in a temporary folder. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

export interface NodePeer {
	url: string;
	key: string;
	pid: number | null;
	dispose(): Promise<void>;
}

/** Throws the output of a process that didn't start. */
export async function startNodePeer(): Promise<NodePeer> {
	const folder = mkdtempSync(join(tmpdir(), "salesos-bench-peer-"));
	const script = join(import.meta.dirname, "node-server.ts");
	const child = spawn(process.execPath, [script, join(folder, "peer.sqlite")], {
		stdio: ["ignore", "pipe", "pipe"],
		env: { ...process.env, NODE_ENV: "production" },
	});
	let errors = "";
	child.stderr.setEncoding("utf8").on("data", (text: string) => {
		errors += text;
	});
	const ended = once(child, "exit");
	const dispose = async () => {
		child.kill();
		await ended;
		rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
	};
	const lines = createInterface({ input: child.stdout });
	const first = await Promise.race([once(lines, "line"), ended.then(() => null)]);
	if (first === null) {
		await dispose();
		throw new Error(errors.trim() || "The peer on Node exited without output");
	}
	// The line that node-server.ts prints.
	const { url, key } = JSON.parse(String(first[0])) as { url: string; key: string };
	return { url, key, pid: child.pid ?? null, dispose };
}
