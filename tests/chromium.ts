/**
 * Finds the browser: CHROMIUM_PATH, or the one of an npm package, so that `npm ci` installs everything. The package
 * supports Linux on x64; elsewhere Playwright looks for its own.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import packed, { inflate } from "@sparticuz/chromium";

const MODULES = join(import.meta.dirname, "../node_modules");
const PACKAGE = join(MODULES, "@sparticuz/chromium");

/** How to start the browser. The package's own arguments turn off the sandbox of pages, so they aren't used. */
export interface Launch {
	executablePath?: string;
	env?: Record<string, string>;
}

/** Prepares the browser. The first call takes a second or two. */
export async function prepareChromium(): Promise<Launch> {
	const { CHROMIUM_PATH: named } = process.env;
	if (named) return { executablePath: named };
	if (process.platform !== "linux" || process.arch !== "x64") return {};

	// npm's file, and every package has a version.
	const { version } = JSON.parse(readFileSync(join(PACKAGE, "package.json"), "utf8")) as { version: string };
	// Inside node_modules: `npm ci` clears it, and other users cannot write there as they can to /tmp.
	const folder = join(MODULES, ".cache", `chromium-${version}`);
	if (!existsSync(folder)) await unpack(folder);

	const executablePath = join(folder, "chromium");
	const fonts = { FONTCONFIG_FILE: join(folder, "fonts.conf") };
	const libraries = { LD_LIBRARY_PATH: join(folder, "al2023", "lib") };
	// The system's libraries (NSS and Expat) if it has them, else those of the package.
	const env = starts(executablePath, {}) ? fonts : { ...fonts, ...libraries };
	if (!starts(executablePath, env)) throw new Error("The packed Chromium does not start. Set CHROMIUM_PATH.");
	// Every environment variable of a process has a value, though the type says otherwise.
	return { executablePath, env: { ...(process.env as Record<string, string>), ...env } };
}

/** Unpacks into a temporary folder and renames it, so that runs at the same time never find half a browser. */
async function unpack(folder: string): Promise<void> {
	mkdirSync(join(folder, ".."), { recursive: true });
	const unfinished = mkdtempSync(`${folder}-`);
	try {
		await withTemporaryFolder(unfinished, () =>
			Promise.all([packed.executablePath(), inflate(join(PACKAGE, "bin/al2023.tar.br"))]),
		);
		writeFileSync(join(unfinished, "fonts.conf"), fontsConfig(join(folder, "fonts")));
		renameSync(unfinished, folder);
	} catch (error) {
		rmSync(unfinished, { recursive: true, force: true });
		// Unless another run was faster.
		if (!existsSync(folder)) throw error;
	}
}

/** The package unpacks into TMPDIR. */
async function withTemporaryFolder(folder: string, work: () => Promise<unknown>): Promise<void> {
	const before = process.env.TMPDIR;
	process.env.TMPDIR = folder;
	try {
		await work();
	} finally {
		if (before === undefined) delete process.env.TMPDIR;
		else process.env.TMPDIR = before;
	}
}

/** The fonts of the system and of the package: a system without fonts would draw no text. */
const fontsConfig = (folder: string) => `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
	<include ignore_missing="yes">/etc/fonts/fonts.conf</include>
	<dir>${folder}</dir>
	<cachedir>${folder}/cache</cachedir>
</fontconfig>
`;

function starts(executablePath: string, env: Record<string, string>): boolean {
	return spawnSync(executablePath, ["--version"], { env: { ...process.env, ...env } }).status === 0;
}
