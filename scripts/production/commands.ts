/** Runs programs. Secrets go to their standard input: every user of a machine can read the arguments of its programs. */
import { spawn } from "node:child_process";

export interface Result {
	code: number;
	/** Standard output and error, as they came. */
	output: string;
	stdout: string;
}

export type Run = (command: readonly string[], input?: string) => Promise<Result>;

/** Runs programs in a folder. Their output is shown if the step fails. */
export const runIn =
	(folder: string): Run =>
	([program = "", ...args], input = "") =>
		new Promise((resolve, reject) => {
			const child = spawn(program, args, { cwd: folder, stdio: ["pipe", "pipe", "pipe"] });
			let stdout = "";
			let output = "";
			child.stdout.on("data", (chunk: Buffer) => {
				stdout += chunk;
				output += chunk;
			});
			child.stderr.on("data", (chunk: Buffer) => {
				output += chunk;
			});
			child.on("error", reject);
			child.on("close", (code) => resolve({ code: code ?? 1, output, stdout }));
			// A program that fails early doesn't read its input.
			child.stdin.on("error", () => undefined);
			child.stdin.end(input);
		});
