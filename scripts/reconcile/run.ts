/**
 * Walks the keys in D1 and then the objects of gates, and has the service compare and repair each. What is done is kept in a
 * file, so that an interrupted run continues. Every repair is idempotent, so a page that is sent twice does no harm.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { OpenTokens, Reconciled, ReconcilePage } from "../../worker/schemas/reconcile.ts";
import type { ReadObjects } from "./objects.ts";

/** The most that the service takes. */
const OBJECTS_PER_REQUEST = 50;
/** Keys that need an operator, printed one by one. */
const NAMED_MAX = 200;

/** Sends a POST to the service as the platform, and returns `data` of the response. */
export type Send = <T>(path: string, body: unknown) => Promise<T>;

export interface Options {
	send: Send;
	objects: ReadObjects;
	/** Where an interrupted run is remembered. */
	stateFile: string;
	isDryRun: boolean;
	print: (line: string) => void;
}

interface State {
	phase: "keys" | "objects";
	after: string;
	counts: Record<string, number>;
	/** Keys that are not in order afterwards, with what was found. */
	open: string[];
}

/** Returns whether everything is in order: what differed was repaired, and every key has its tenant. */
export async function reconcile({ send, objects, stateFile, isDryRun, print }: Options): Promise<boolean> {
	const state = readState(stateFile);
	if (state.after !== "" || state.phase === "objects") print("Continuing the run that was interrupted.");
	const tell = ({ suspensions }: ReconcilePage) => {
		for (const { tenant_id, suspended } of suspensions)
			print(`The database did not know that the tenant ${tenant_id} was ${suspended ? "suspended" : "resumed"}.`);
	};
	const note = (phase: State["phase"], items: readonly Reconciled[], after: string) => {
		for (const item of items) count(state, item, isDryRun);
		state.phase = phase;
		state.after = after;
		if (!isDryRun) writeFileSync(stateFile, JSON.stringify(state), { mode: 0o600 });
	};
	while (state.phase === "keys") {
		const page: ReconcilePage = await send("/v1/operations/reconcile/keys", { after: state.after, dry_run: isDryRun });
		tell(page);
		if (page.next_after === null) note("objects", page.items, "");
		else note("keys", page.items, page.next_after);
		print(`${total(state)} keys compared`);
	}
	for (let next: string | null = state.after; next !== null; ) {
		const page = await objects(next);
		const found: Reconciled[] = [];
		for (let start = 0; start < page.ids.length; start += OBJECTS_PER_REQUEST) {
			const object_ids = page.ids.slice(start, start + OBJECTS_PER_REQUEST);
			const body = { object_ids, dry_run: isDryRun };
			const compared = await send<ReconcilePage>("/v1/operations/reconcile/objects", body);
			tell(compared);
			found.push(...compared.items);
		}
		next = page.next;
		// A page that is interrupted is compared again as a whole.
		note("objects", found, next ?? "");
	}
	rmSync(stateFile, { force: true });
	report(state, isDryRun, print);
	return state.open.length === 0;
}

function readState(stateFile: string): State {
	if (!existsSync(stateFile)) return { phase: "keys", after: "", counts: {}, open: [] };
	// Only this script writes the file.
	return JSON.parse(readFileSync(stateFile, "utf8")) as State;
}

const IN_ORDER: readonly Reconciled["outcome"][] = ["agrees", "unused", "empty", "unknown"];

function count(
	{ phase, counts, open }: State,
	{ outcome, key_id, tenant_id, repaired }: Reconciled,
	isDryRun: boolean,
): void {
	// A key that is in order is found a second time by its object.
	if (phase === "objects" && outcome === "agrees") return;
	const isOpen = outcome === "unlisted" || (isDryRun ? !IN_ORDER.includes(outcome) : !repaired);
	const line = `${outcome}: key ${key_id ?? "?"} of tenant ${tenant_id ?? "?"}`;
	if (key_id !== null && open.includes(line)) return;
	counts[outcome] = (counts[outcome] ?? 0) + 1;
	if (isOpen) open.push(line);
}

const total = ({ counts }: State) => Object.values(counts).reduce((sum, number) => sum + number, 0);

/** What each outcome means to an operator. */
const MEANINGS: Record<Reconciled["outcome"], string> = {
	agrees: "agree with their gates",
	unused: "were never used, so their gates have no storage",
	missing: "were missing in the database",
	outdated: "were outdated in the database",
	ghost: "were listed although they are deleted",
	behind: "had a gate whose storage was older than the database",
	deleted: "had a gate that did not know of the deletion",
	lost: "were used, and their gates had no storage",
	unlisted: "have a tenant that is missing: create it again with its id",
	elsewhere: "have a row that belongs to another tenant",
	empty: "objects have no key",
	unknown: "are unknown to both",
	unreadable: "have a gate with a record that this release can't read",
	failed: "could not be compared",
};

function report({ counts, open }: State, isDryRun: boolean, print: (line: string) => void): void {
	for (const [outcome, meaning] of Object.entries(MEANINGS)) {
		const number = counts[outcome];
		if (number) print(`${String(number).padStart(8)}  ${meaning}`);
	}
	for (const line of open.slice(0, NAMED_MAX)) print(`  ${line}`);
	if (open.length > NAMED_MAX) print(`  and ${open.length - NAMED_MAX} more`);
	print(isDryRun ? "Nothing was changed." : "Everything else was repaired.");
}

/** Prints the management tokens that are valid and older than `before`, and revokes them if asked. */
export async function openTokens(
	send: Send,
	before: string,
	isRevoking: boolean,
	print: (line: string) => void,
): Promise<void> {
	let found = 0;
	for (let after: string | null = ""; after !== null; ) {
		const page: OpenTokens = await send("/v1/operations/open-tokens", {
			created_before: before,
			after,
			revoke: isRevoking,
		});
		for (const { id, tenant_id, name, last_used_at } of page.items)
			print(`  management token ${id} "${name}" of tenant ${tenant_id}, last used ${last_used_at ?? "never"}`);
		found += page.items.length;
		after = page.next_after;
	}
	print(`${found} management tokens from before ${before} ${isRevoking ? "were revoked" : "are valid"}.`);
}
