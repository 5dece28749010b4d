/** Runs a program at a pseudo-terminal, which it can't tell from a real one. */
import { spawn } from "node:child_process";

export interface Seen {
	/** The text on the terminal: stdout and stderr together. */
	screen: string;
	exitCode: number | null;
}

const quoted = (word: string) => `'${word.replaceAll("'", "'\\''")}'`;

/** Runs a command at a terminal, and types the answers as their prompts appear. */
export function atTerminal(
	command: string[],
	env: Record<string, string>,
	answers: [prompt: string, typed: string][] = [],
	columns = 110,
): Promise<Seen> {
	const line = `stty cols ${columns}; exec ${command.map(quoted).join(" ")}`;
	// script(1) takes the command as an option on Linux and as its last arguments on BSD.
	const args = process.platform === "linux" ? ["-qec", line, "/dev/null"] : ["-q", "/dev/null", "sh", "-c", line];
	const child = spawn("script", args, { env: { TERM: "xterm", ...env }, stdio: "pipe" });
	const waiting = [...answers];
	let screen = "";
	let answered = 0;
	child.stdout.setEncoding("utf8").on("data", (text: string) => {
		screen += text;
		const [next] = waiting;
		const at = next ? screen.indexOf(next[0], answered) : -1;
		if (!next || at === -1) return;
		answered = at + next[0].length;
		waiting.shift();
		child.stdin.write(next[1]);
	});
	return new Promise((resolve, reject) => {
		child.on("error", reject).on("close", (exitCode) => resolve({ screen, exitCode }));
	});
}
