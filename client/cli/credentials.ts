/** The stored sign-in: a file that only its owner can read. */
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import { CommandError, EXIT } from "./errors.ts";

export interface Credentials {
	/** The service that issued the token. The token is sent nowhere else. */
	url: string;
	token: string;
	/** ISO 8601. */
	expires_at: string;
	email: string | null;
}

const isWindows = process.platform === "win32";

/** The folder for settings (XDG Base Directory specification; %APPDATA% on Windows). */
function configFolder(): string {
	const { XDG_CONFIG_HOME, APPDATA } = process.env;
	const named = isWindows ? APPDATA : XDG_CONFIG_HOME;
	// The specification says to ignore a relative path.
	return named && isAbsolute(named) ? named : join(homedir(), ".config");
}

export const credentialsFile = (): string => join(configFolder(), "salesos-keys", "credentials.json");

/** Null without a sign-in. Fails if other users can read the file. */
export function readCredentials(): Credentials | null {
	const file = credentialsFile();
	const stats = statSync(file, { throwIfNoEntry: false });
	if (!stats) return null;
	if (!isWindows && stats.mode & 0o077)
		throw new CommandError(
			EXIT.notAllowed,
			`Other users can read ${file}. Run \`chmod 600\` on it, or delete it and sign in again.`,
		);
	try {
		const { url, token, expires_at, email } = JSON.parse(readFileSync(file, "utf8"));
		if (typeof url === "string" && typeof token === "string" && typeof expires_at === "string")
			return { url, token, expires_at, email: typeof email === "string" ? email : null };
	} catch (thrown) {
		if (!(thrown instanceof SyntaxError)) throw thrown;
	}
	throw new CommandError(EXIT.notAllowed, `${file} is damaged. Sign in again with \`salesos-keys login\`.`);
}

/** Writes atomically: a new file replaces the old one. Restricts file and folder to their owner, even if they existed. */
export function writeCredentials(credentials: Credentials): void {
	const file = credentialsFile();
	const folder = dirname(file);
	mkdirSync(folder, { recursive: true, mode: 0o700 });
	chmodSync(folder, 0o700);
	const draft = `${file}.${process.pid}`;
	// A file or link that another user put here would keep its permissions or its target.
	rmSync(draft, { force: true });
	writeFileSync(draft, `${JSON.stringify(credentials, null, 2)}\n`, { mode: 0o600, flag: "wx" });
	renameSync(draft, file);
}

export function removeCredentials(): void {
	rmSync(credentialsFile(), { force: true });
}
