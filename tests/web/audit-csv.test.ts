/** The audit log as CSV: other programs read the events as they are, and execute none of their text. */
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import type { AuditEvent } from "../../web/api/types.ts";
import { csvHead, csvName } from "../../web/csv.ts";
import { collectCsv, csvLines } from "../../web/features/audit/collect-csv.ts";

const event = (fields: Partial<AuditEvent> = {}): AuditEvent => ({
	id: "evt_1",
	at: "2026-11-22T23:32:39.000Z",
	actor: "usr_1",
	actor_email: "ana@acme.example",
	action: "api_key.create",
	key_id: "key1",
	key_deleted: false,
	key_name: "CRM",
	ip: "203.0.113.7",
	user_agent: "curl/8.5.0",
	target_id: null,
	target_name: null,
	changes: {},
	...fields,
});

/** Parses one line by RFC 4180: quoted fields may contain anything, and two quotes stand for one. */
function read(line: string): string[] {
	expect(line).toMatch(/\r\n$/);
	const fields: string[] = [];
	for (const [, quoted, plain] of line.slice(0, -2).matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))/g))
		fields.push(quoted === undefined ? (plain ?? "") : quoted.replaceAll('""', '"'));
	return fields;
}

const COLUMNS = [
	"at",
	"actor",
	"actor_email",
	"action",
	"key_id",
	"key_name",
	"ip",
	"user_agent",
	"changes",
	"target_id",
];
const NAME = COLUMNS.indexOf("key_name");

/** Splits as programs do that take another separator, with and without quotes, and expects that no cell is a formula. */
function expectNoFormula(lines: string) {
	for (const separator of [",", ";", "\t", "|"]) {
		const cells = lines.split(/\r\n|\r|\n/).flatMap((line) => line.split(separator));
		// A cell may be read with its quotes, or without them.
		for (const cell of [...cells, ...cells.map((cell) => cell.replace(/^"+/, ""))])
			expect(cell).not.toMatch(/^[\s\u00a0]*[=+\-@＝＋－＠]/);
	}
}

describe("a CSV file", () => {
	it("starts with the byte order mark, which Excel needs for accents, and the column names", () => {
		expect(csvHead(COLUMNS)).toBe(`\uFEFF${COLUMNS.join(",")}\r\n`);
	});

	it("is named after the reader's date", () => {
		expect(csvName("audit-log", new Date(2026, 0, 2, 23, 59))).toBe("audit-log-2026-01-02.csv");
	});
});

describe("a line of the file", () => {
	it("has a field for each column, which is empty if there is no value", () => {
		expect(csvLines([event({ actor_email: null, key_id: null, key_name: null, ip: null, user_agent: null })])).toBe(
			"2026-11-22T23:32:39.000Z,usr_1,,api_key.create,,,,,{},\r\n",
		);
	});

	it("has the changes as JSON", () => {
		const changes = { scopes: { from: ["leads:read"], to: [] }, name: { from: 'a "b", c', to: "d" } };
		const fields = read(csvLines([event({ changes })]));
		expect(fields).toHaveLength(COLUMNS.length);
		expect(JSON.parse(fields[COLUMNS.indexOf("changes")] ?? "")).toEqual(changes);
	});

	it.each(['She said "no"', "one, two", "line\nbreak", "line\r\nbreak", "Ação – São Paulo 🚀", '"', ","])(
		"gives back %j as it was",
		(key_name) => {
			expect(read(csvLines([event({ key_name })]))[NAME]).toBe(key_name);
		},
	);

	it.each(["=HYPERLINK(1)", "+1", "-1", "@SUM(1)", "＝1", "＋1", "－1", "＠A1"])(
		"disarms the formula %j",
		(key_name) => {
			expect(read(csvLines([event({ key_name })]))[NAME]).toBe(`'${key_name}`);
		},
	);

	it.each(["\t=1", "\r=1", "\n=1", " =1", "\u00a0+1", "\tx"])("disarms %j, which starts with a space", (key_name) => {
		expect(read(csvLines([event({ key_name })]))[NAME]).toMatch(/^'/);
	});

	it.each([
		"x;=cmd|' /C calc'!A0;y",
		"x\t=cmd()",
		"x;\t=cmd()",
		'x";=cmd()',
		'x"=cmd()',
		'a";"=cmd()',
		"x|+1",
		"x\n=cmd()",
		"x; -1",
		"x;＝1",
	])("has no cell that starts with a formula in %j, whatever separates cells", (user_agent) => {
		expectNoFormula(csvLines([event({ user_agent })]));
	});

	it("has no cell that starts with a formula for any text", () => {
		const text = fc.string({
			unit: fc.constantFrom("=", "+", "-", "@", ";", ",", "|", '"', "'", " ", "\t", "\n", "\r", "a"),
		});
		fc.assert(fc.property(text, (key_name) => expectNoFormula(csvLines([event({ key_name, user_agent: key_name })]))));
	});

	it("does not change text that only contains such characters", () => {
		expect(csvLines([event({ key_name: "a=b+c-d@e" })])).toContain(",a=b+c-d@e,");
	});

	it("is written for each event, in the same order", () => {
		const lines = csvLines([event({ actor: "usr_2" }), event({ actor: "usr_1" })]).split("\r\n");
		expect(lines.map((line) => line.split(",")[1])).toEqual(["usr_2", "usr_1", undefined]);
	});
});

describe("collecting the events of a file", () => {
	/** Three pages of two events; the page numbers are the cursors. */
	const pages = (cursor: string | null) => {
		const number = Number(cursor ?? 1);
		const items = [1, 2].map((index) => event({ actor: `usr_${number}${index}` }));
		return Promise.resolve({ items, next_cursor: number < 3 ? String(number + 1) : null });
	};
	const actorsIn = (parts: string[]) =>
		parts
			.join("")
			.split("\r\n")
			.slice(1, -1)
			.map((line) => line.split(",")[1]);
	const ALL = ["usr_11", "usr_12", "usr_21", "usr_22", "usr_31", "usr_32"];

	it("loads every page and reports the progress", async () => {
		const progress = vi.fn();
		const parts = await collectCsv(pages).run(new AbortController().signal, progress);
		expect(parts[0]).toBe(csvHead(COLUMNS));
		expect(actorsIn(parts)).toEqual(ALL);
		expect(progress.mock.calls).toEqual([[2], [4], [6]]);
	});

	it("continues after a failure where it stopped, with every event once", async () => {
		let broken = true;
		const load = vi.fn((cursor: string | null) => {
			if (cursor === "2" && broken) return Promise.reject(new Error("down"));
			return pages(cursor);
		});
		const collection = collectCsv(load);
		const { signal } = new AbortController();
		await expect(collection.run(signal, () => {})).rejects.toThrow("down");
		expect(collection.count()).toBe(2);
		broken = false;
		expect(actorsIn(await collection.run(signal, () => {}))).toEqual(ALL);
		expect(load.mock.calls.map(([cursor]) => cursor)).toEqual([null, "2", "2", "3"]);
	});

	it("stops when it is aborted, even if another page arrives", async () => {
		const controller = new AbortController();
		const load = vi.fn((cursor: string | null) => {
			controller.abort();
			return pages(cursor);
		});
		const collection = collectCsv(load);
		await expect(collection.run(controller.signal, () => {})).rejects.toThrow();
		expect(load).toHaveBeenCalledOnce();
		expect(collection.count()).toBe(0);
	});
});
