/**
 * Keeps a release for the tests of upgrades: `node tests/releases/keep.ts <version> [folder]`. The folder is a copy of the
 * repository at the release, built by `npm run build`; by default this one. Writes into tests/releases/<version>/:
 *
 * - worker.json.br: the built Worker without the dashboard and the list of common passwords, and which migration it needs.
 * - records.json: what its gates write to their disks.
 *
 * With `next` as the version it writes records.json alone: what the release that is being developed writes.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import { ROOT } from "../../scripts/built-service.ts";
import { goldenRecords } from "./golden.ts";
import { builtRelease, fileOf, NEXT_RELEASE } from "./release.ts";

const [version, folder = ROOT] = process.argv.slice(2);
if (!version) throw new Error("Name the version: node tests/releases/keep.ts 1.2.0");
const place = resolve(folder);
// Writes the options of the Worker into the folder of its build.
const prepare = 'import("./scripts/built-service.ts").then((built) => built.serviceWorker())';
const { status, stderr } = spawnSync(process.execPath, ["-e", prepare], { cwd: place, encoding: "utf8" });
if (status !== 0) throw new Error(`The release in ${place} is not built:\n${stderr}`);

const release = builtRelease(place);
mkdirSync(fileOf(version, "."), { recursive: true });
const records = JSON.stringify(await goldenRecords(release), null, "\t");
writeFileSync(fileOf(version, "records.json"), `${records}\n`);
if (version !== NEXT_RELEASE) writeFileSync(fileOf(version, "worker.json.br"), compressed(JSON.stringify(release)));
for (const name of readdirSync(fileOf(version, ".")))
	console.log(`${fileOf(version, name)}: ${readFileSync(fileOf(version, name)).length} bytes`);

function compressed(text: string): Buffer {
	const params = {
		[constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
		[constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
		[constants.BROTLI_PARAM_SIZE_HINT]: text.length,
	};
	return brotliCompressSync(text, { params });
}
