/**
 * Where the browser comes from. Named by CHROMIUM_PATH, or else the one that a package brings along, so that `npm ci`
 * is all there is to install. That package is made for Linux on x64; elsewhere Playwright's own is looked for.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import packed, { inflate } from "@sparticuz/chromium";

const MODULES = join(import.meta.dirname, "../../node_modules");
const PACKAGE = join(MODULES, "@sparticuz/chromium");

/** How to start the browser. The package's own arguments switch protections off and share one process: not used. */
export interface Launch {
	executablePath?: string;
	env?: Record<string, string>;
}

/** Makes the browser ready, and says how to start it. Takes a second or two at the first call, nothing afterwards. */
export async function prepareChromium(): Promise<Launch> {
	const { CHROMIUM_PATH: named } = process.env;
	if (named) return { executablePath: named };
	if (process.platform !== "linux" || process.arch !== "x64") return {};

	// The file is npm's, and every package has a version.
	const { version } = JSON.parse(readFileSync(join(PACKAGE, "package.json"), "utf8")) as { version: string };
	// Below the packages, since `npm ci` clears that away and nobody else can write there, as they can to /tmp.
	const folder = join(MODULES, ".cache", `chromium-${version}`);
	if (!existsSync(folder)) await unpack(folder);

	const executablePath = join(folder, "chromium");
	const fonts = { FONTCONFIG_FILE: join(folder, "fonts.conf") };
	const libraries = { LD_LIBRARY_PATH: join(folder, "al2023", "lib") };
	// The system's libraries (NSS and Expat) where it has them, those of the package where not.
	const env = starts(executablePath, {}) ? fonts : { ...fonts, ...libraries };
	if (!starts(executablePath, env)) throw new Error("The packed Chromium does not start. Set CHROMIUM_PATH.");
	// A process has no variables without a value, whatever the type allows.
	return { executablePath, env: { ...(process.env as Record<string, string>), ...env } };
}

/** Unpacks beside the folder and moves it there whole: half a browser is never found, however many runs begin at once. */
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
		// Another run was faster.
		if (!existsSync(folder)) throw error;
	}
}

/** The package unpacks into the folder for temporary files, and asks the environment which one that is. */
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

/** The fonts of the system, and for a system without any those of the package: a page without fonts has no text. */
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
