/** A program as a person has it: at a terminal that it cannot tell from a real one. */
import { spawn } from "node:child_process";

export interface Seen {
	/** Everything that the terminal showed; a terminal does not tell stdout and stderr apart. */
	screen: string;
	exitCode: number | null;
}

const quoted = (word: string) => `'${word.replaceAll("'", "'\\''")}'`;

/** Runs a command at a terminal and types an answer whenever a prompt shows up, in order. */
export function atTerminal(
	command: string[],
	env: Record<string, string>,
	answers: [prompt: string, typed: string][] = [],
	columns = 110,
): Promise<Seen> {
	const line = `stty cols ${columns}; exec ${command.map(quoted).join(" ")}`;
	// script(1) is on every Unix; BSD's wants the command last, util-linux's as an option.
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
