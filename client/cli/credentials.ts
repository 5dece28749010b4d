/** Who the command line is signed in as: a file of the user's own, which nobody else can read. */
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import { CommandFailure, EXIT } from "./failure.ts";

export interface Credentials {
	/** The service that the token is for. It is sent nowhere else. */
	url: string;
	token: string;
	/** ISO 8601. */
	expires_at: string;
	email: string | null;
}

const isWindows = process.platform === "win32";

/** Where programs keep their settings (XDG Base Directory specification; %APPDATA% on Windows). */
function configFolder(): string {
	const { XDG_CONFIG_HOME, APPDATA } = process.env;
	const named = isWindows ? APPDATA : XDG_CONFIG_HOME;
	// A path that is not absolute is to be ignored, says the specification.
	return named && isAbsolute(named) ? named : join(homedir(), ".config");
}

export const credentialsFile = (): string => join(configFolder(), "salesos-keys", "credentials.json");

/** Null where nobody has signed in. Fails where others can read the file. */
export function readCredentials(): Credentials | null {
	const file = credentialsFile();
	const stats = statSync(file, { throwIfNoEntry: false });
	if (!stats) return null;
	if (!isWindows && stats.mode & 0o077)
		throw new CommandFailure(
			EXIT.notAllowed,
			`Others can read ${file}. Run \`chmod 600\` on it, or remove it and sign in again.`,
		);
	try {
		const { url, token, expires_at, email } = JSON.parse(readFileSync(file, "utf8"));
		if (typeof url === "string" && typeof token === "string" && typeof expires_at === "string")
			return { url, token, expires_at, email: typeof email === "string" ? email : null };
	} catch (thrown) {
		if (!(thrown instanceof SyntaxError)) throw thrown;
	}
	throw new CommandFailure(EXIT.notAllowed, `${file} is damaged. Sign in again with \`salesos-keys login\`.`);
}

/** Whole or not at all: a file beside it takes its place. File and folder are the owner's alone, also where they were there. */
export function writeCredentials(credentials: Credentials): void {
	const file = credentialsFile();
	const folder = dirname(file);
	mkdirSync(folder, { recursive: true, mode: 0o700 });
	chmodSync(folder, 0o700);
	const draft = `${file}.${process.pid}`;
	// What somebody may have put in its place would keep its rights, or lead elsewhere.
	rmSync(draft, { force: true });
	writeFileSync(draft, `${JSON.stringify(credentials, null, 2)}\n`, { mode: 0o600, flag: "wx" });
	renameSync(draft, file);
}

export function removeCredentials(): void {
	rmSync(credentialsFile(), { force: true });
}
