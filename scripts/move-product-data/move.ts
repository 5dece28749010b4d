/**
 * Moves product data from the database of the keys to a database of its own, while the service runs. docs/deploy.md says when
 * to run which step, and docs/decisions/product-database.md why nothing is lost.
 */
import type { D1 } from "../cloudflare/d1.ts";
import { compareAll, count, requireSame, settle } from "./compare.ts";
import { addTenants, copyChanges, copyLimits, copyRows, type RowIds, removeOthers } from "./copy.ts";
import {
	allowDeletions,
	beginCopy,
	beginJournal,
	endJournal,
	endMark,
	endMove,
	forgetJournal,
	freeze,
	isFrozen,
	isWrittenSince,
	markFirstChange,
	progressOf,
	saveProgress,
	unfreeze,
} from "./journal.ts";
import { isNotedAsMoved, noteMoved, requireServiceState } from "./moved.ts";
import { CHILDREN_FIRST, MOVED, writeUnchecked } from "./tables.ts";

export interface MovedDatabases {
	/** `DB` */
	keys: D1;
	/** `PRODUCT_DB` */
	product: D1;
	print: (line: string) => void;
}

/** Steps, as the databases note them. In `DB`: */
const COPIED = "copied all";
/** In `PRODUCT_DB`: all of its rows come from a copy. */
const IS_COPY = "is a copy";
/** In `PRODUCT_DB`: its data was taken back. */
const TAKEN_BACK = "taken back";

/** Rows that are deleted at once: D1 runs one statement at a time, and each row costs its indexes too. */
const DELETED_AT_ONCE = 500;

/** Copies everything while the service reads and writes the old database. Can be repeated. */
export async function copy({ keys, product, print }: MovedDatabases): Promise<void> {
	await requireCopyable(keys, product);
	await beginJournal(keys);
	if ((await progressOf(keys, "begun")) === null) {
		await endMove(product);
		await beginCopy(product, IS_COPY);
		await removeOthers(keys, product);
		await saveProgress(keys, "begun", "yes");
	}
	await addTenants(keys, product);
	await copyRows(keys, product, print);
	print(`${count(await copyChanges(keys, product))} rows that changed meanwhile are copied`);
	await saveProgress(keys, COPIED, "yes");
	print("Everything is copied. Next: finish, and npm run deploy right after.");
}

/**
 * Ends the move: from here on, the old database rejects writes of product data. Deploy right after. Throws if the databases
 * differ, and then allows writes again.
 */
export async function finish({ keys, product, print }: MovedDatabases): Promise<void> {
	if (await isMoved(keys, product)) {
		await keepMoved(keys, product);
		return print("The move is finished already. Next: npm run deploy.");
	}
	if ((await progressOf(keys, COPIED)) === null) throw new Error("Copy first: npm run move:product-data -- copy");
	await addTenants(keys, product);
	print("Comparing both databases. The service keeps running.");
	const left = await settle(keys, product, await compareAll(keys, product));
	await freeze(keys);
	try {
		print("Writes of integrations get 503 from now on. They retry.");
		const last = await copyChanges(keys, product);
		print(`${count(last)} last changes are copied`);
		await requireSame(keys, product, union(left, last), "Nothing is switched. Cancel, and copy again.");
		await copyLimits(keys, product);
		await noteMoved(keys, true);
	} catch (error) {
		if (!(await isNotedAsMoved(keys))) await unfreeze(keys);
		throw error;
	}
	await markFirstChange(product);
	print("Both databases have the same rows, counts and bytes. Next, right now: npm run deploy.");
}

/** Goes back to before the copy, if the service has not used the product database yet. */
export async function cancel({ keys, product, print }: MovedDatabases): Promise<void> {
	if (await isWrittenSince(product))
		throw new Error("The service uses PRODUCT_DB already. Take its data back: npm run move:product-data -- back");
	await noteMoved(keys, false);
	await endMark(product);
	await endMove(keys);
	print("The move is cancelled, and the service writes to DB again. The next copy begins anew.");
}

/**
 * Takes the data back after the deploy. Writes of integrations get 503 from the start, until the service is deployed
 * again.
 */
export async function back({ keys, product, print }: MovedDatabases): Promise<void> {
	if (!(await isMoved(keys, product))) throw new Error("The move is not finished. Cancel it instead.");
	await freeze(product);
	await unfreeze(keys);
	await endJournal(keys);
	await removeOthers(product, keys);
	await copyRows(product, keys, print, writeUnchecked);
	await requireSame(product, keys, await compareAll(product, keys), "Run this again.");
	await saveProgress(product, TAKEN_BACK, "yes");
	await endMark(product);
	await noteMoved(keys, false);
	await endMove(keys);
	print("DB has everything again. Next, right now: npm run deploy.");
}

/** Deletes the old rows, once the service runs with the product database. They can't be added again. */
export async function deleteOld({ keys, product, print }: MovedDatabases): Promise<void> {
	if (!(await isMoved(keys, product))) throw new Error("The move is not finished. Nothing is deleted.");
	await keepMoved(keys, product);
	// Before anything is deleted here: the journal would delete it there.
	await endJournal(keys);
	// What was deleted here after the move: rows of tenants that the service deleted before it was deployed.
	await copyChanges(keys, product);
	await allowDeletions(keys);
	for (const { name } of CHILDREN_FIRST) {
		let deleted = 0;
		for (let more = true; more; ) {
			const rows = await keys
				.prepare(`delete from ${name} where rowid in (select rowid from ${name} limit ${DELETED_AT_ONCE}) returning 1`)
				.raw();
			more = rows.length > 0;
			deleted += rows.length;
		}
		print(`${name}: ${deleted} old rows deleted`);
	}
}

/** Shows what each database has, and how far the move is. Changes nothing. */
export async function status({ keys, product, print }: MovedDatabases): Promise<void> {
	for (const { name } of MOVED) {
		const count = async (d1: D1) => (await d1.prepare(`select count(*) from ${name}`).raw<[number]>())[0]?.[0] ?? 0;
		print(`${name}: ${await count(keys)} rows in DB, ${await count(product)} in PRODUCT_DB`);
	}
	const step = (await isMoved(keys, product)) ? "finished" : (await progressOf(keys, COPIED)) ? "copied" : "not copied";
	print(`The move is ${step}. Writes to DB are ${(await isFrozen(keys)) ? "rejected" : "accepted"}.`);
	if (await isWrittenSince(product)) print("The service has written to PRODUCT_DB since the move was finished.");
}

/** Whether the move is finished. A database of the keys that was restored to a moment before doesn't know it. */
async function isMoved(keys: D1, product: D1): Promise<boolean> {
	await requireServiceState(keys);
	if (await isNotedAsMoved(keys)) return true;
	return (await isWrittenSince(product)) && (await progressOf(product, TAKEN_BACK)) === null;
}

/** Makes the database of the keys that of a finished move again, after it was restored: a backup has no triggers of a move. */
async function keepMoved(keys: D1, product: D1): Promise<void> {
	// Its journal would be from before the move was finished: its rows are older than those of the product database.
	if (!(await isNotedAsMoved(keys))) await forgetJournal(keys);
	await freeze(keys);
	await noteMoved(keys, true);
	await markFirstChange(product);
}

/** Throws where a copy would overwrite or delete rows that the service wrote. */
async function requireCopyable(keys: D1, product: D1): Promise<void> {
	if (await isMoved(keys, product)) throw new Error("The move is finished. Another copy would overwrite newer rows.");
	if ((await progressOf(product, IS_COPY)) !== null) return;
	for (const { name } of MOVED) {
		const found = await product.prepare(`select 1 from ${name} limit 1`).raw();
		if (found.length > 0)
			throw new Error(`PRODUCT_DB has ${name} that no copy has written: a service uses it. Nothing is copied.`);
	}
}

function union(some: RowIds, others: RowIds): RowIds {
	return new Map(MOVED.map(({ name }) => [name, new Set([...(some.get(name) ?? []), ...(others.get(name) ?? [])])]));
}
