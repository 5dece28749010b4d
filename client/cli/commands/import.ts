/** Imports the keys of another system from a file. A report beside the file lets a run continue where another ended. */
import { createHash } from "node:crypto";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import type { Command } from "commander";
import type { RouterOutputs, SalesOSClient } from "../../index.ts";
import { type Common, command, contextOf } from "../command.ts";
import { type ConnectionOptions, canonical, chosenTenant, chosenUrl } from "../connection.ts";
import { CommandError, EXIT } from "../errors.ts";
import { safeText } from "../safe-text.ts";
import { note, print, printJson, printProgress } from "../terminal.ts";

/** The service imports at most 500 keys at once, in a body of at most 1 MiB. The rest is for the JSON around the keys. */
const BATCH_MAX = 500;
const BATCH_MAX_BYTES = 1_000_000;
/** Errors that are printed. The report has all of them. */
const ERRORS_PRINTED = 20;

type Imported = RouterOutputs["keys"]["import"]["items"][number];

/** A line of the file that is not empty. */
interface Line {
	number: number;
	/** Identifies the line in this service and tenant, even if lines were added before it. */
	digest: string;
	text: string;
}

/** A line of the report: what the import of a line of the file resulted in. The last one of a line counts. */
interface Outcome extends Pick<Imported, "result" | "id" | "errors"> {
	line: number;
	digest: string;
}

interface ImportOptions extends Common {
	report?: string;
}

export const importKeys = (): Command =>
	command("import", "Import the keys of another system, one JSON object a line (docs/importing-keys.md)", [
		"salesos-keys import keys.jsonl --tenant ten_4k2m9x",
		"salesos-keys import keys.jsonl --json | jq .failed",
	])
		.argument("<file>", "file of JSON lines")
		.option("--report <file>", "result of every line, and where to continue; default: <file>.report.jsonl")
		.action(async (file: string, options: ImportOptions) => {
			const report = options.report ?? `${file}.report.jsonl`;
			const lines = linesOf(file, options);
			const outcomes = outcomesIn(report);
			const open = lines.filter(({ digest }) => (outcomes.get(digest)?.result ?? "error") === "error");
			const isSilent = options.json || options.quiet;
			if (!isSilent && open.length < lines.length)
				note(`${lines.length - open.length} of ${lines.length} keys were imported by an earlier run.`);
			const record = (batch: Outcome[]) => {
				appendFileSync(report, batch.map((outcome) => `${JSON.stringify(outcome)}\n`).join(""), { mode: 0o600 });
				for (const outcome of batch) outcomes.set(outcome.digest, outcome);
			};
			let isAccepted = true;
			let done = lines.length - open.length;
			for (const batch of batchesOf(open)) {
				const { accepted, items } = await importBatch(contextOf(options).client(), batch, file);
				isAccepted = accepted;
				record(items);
				done += batch.length;
				if (!isSilent) printProgress(`${done} of ${lines.length} keys`, done === lines.length);
			}
			conclude(lines, outcomes, { report, isAccepted, options });
		});

function linesOf(file: string, options: ConnectionOptions): Line[] {
	// A line that was imported into one tenant or service is still to be imported into another.
	const target = [canonical(chosenUrl(options) ?? ""), chosenTenant(options) ?? ""];
	return readText(file)
		.split("\n")
		.map((text, index) => ({ number: index + 1, text: text.trim(), digest: "" }))
		.filter(({ text }) => text !== "")
		.map((line) => ({ ...line, digest: digestOf([...target, line.text]) }));
}

const digestOf = (parts: readonly string[]): string => createHash("sha256").update(JSON.stringify(parts)).digest("hex");

function readText(file: string): string {
	try {
		return readFileSync(file, "utf8");
	} catch (thrown) {
		throw new CommandError(EXIT.usage, `${file} can't be read: ${(thrown as Error).message}`);
	}
}

/** By digest: what earlier runs have reported. A last line that was cut off counts as not reported. */
function outcomesIn(report: string): Map<string, Outcome> {
	const outcomes = new Map<string, Outcome>();
	if (!existsSync(report)) return outcomes;
	for (const text of readText(report).split("\n")) {
		try {
			// This command has written the file; a line that lost its end doesn't parse.
			const outcome = JSON.parse(text) as Outcome;
			outcomes.set(outcome.digest, outcome);
		} catch {}
	}
	return outcomes;
}

function* batchesOf(lines: readonly Line[]): Generator<Line[]> {
	let batch: Line[] = [];
	let bytes = 0;
	for (const line of lines) {
		const size = Buffer.byteLength(line.text) + 1;
		if (batch.length === BATCH_MAX || (batch.length > 0 && bytes + size > BATCH_MAX_BYTES)) {
			yield batch;
			batch = [];
			bytes = 0;
		}
		batch.push(line);
		bytes += size;
	}
	if (batch.length > 0) yield batch;
}

async function importBatch(
	salesos: SalesOSClient,
	batch: readonly Line[],
	file: string,
): Promise<{ accepted: boolean; items: Outcome[] }> {
	const parsed = batch.map((line) => ({ line, key: parse(line.text) }));
	const keys = parsed.filter(({ key }) => key !== undefined);
	const result = keys.length === 0 ? null : await send(salesos, keys, file);
	const byLine = new Map(keys.map(({ line }, index) => [line.number, result?.items[index]]));
	const items = batch.map(({ number, digest }): Outcome => {
		const { result, id, errors } = byLine.get(number) ?? NOT_JSON;
		return { line: number, digest, result, id, ...(errors ? { errors } : {}) };
	});
	return { accepted: result?.accepted ?? true, items };
}

const NOT_JSON: Pick<Imported, "result" | "id" | "errors"> = {
	result: "error",
	id: null,
	errors: [{ field: "line", message: "Is not a JSON object" }],
};

function parse(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

async function send(salesos: SalesOSClient, keys: readonly { key: unknown }[], file: string) {
	try {
		return await salesos.keys.import.mutate({ keys: keys.map(({ key }) => key) });
	} catch (thrown) {
		note(`The import of ${file} is not complete. Run the same command again to continue it.`);
		throw thrown;
	}
}

function conclude(
	lines: readonly Line[],
	outcomes: ReadonlyMap<string, Outcome>,
	{ report, isAccepted, options }: { report: string; isAccepted: boolean; options: Common },
): void {
	const results = lines.map(({ digest, number }) => ({ ...outcomes.get(digest), line: number }));
	const count = (result: Outcome["result"]) => results.filter((outcome) => outcome.result === result).length;
	const summary = { created: count("created"), existing: count("existing"), failed: count("error") };
	if (options.json) printJson({ ...summary, total: lines.length, report });
	else if (options.quiet) print(String(summary.failed));
	else {
		print(`${summary.created} imported, ${summary.existing} known before, ${summary.failed} failed. Report: ${report}`);
		const failures = results.filter(({ result }) => result === "error");
		for (const { line, errors = [] } of failures.slice(0, ERRORS_PRINTED))
			for (const { field, message } of errors) note(safeText(`Line ${line}: ${field}: ${message}`));
		if (failures.length > ERRORS_PRINTED) note(`${failures.length - ERRORS_PRINTED} more errors are in the report.`);
	}
	if (!isAccepted) note("The service refuses imported keys at the moment. Set LEGACY_KEYS to on to admit them.");
	if (summary.failed > 0)
		throw new CommandError(EXIT.failure, `${summary.failed} of ${lines.length} keys were not imported.`);
}
