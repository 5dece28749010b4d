/**
 * Compares the final contents of D1 with a history. Each key's row must match the gate's last response, its usage the
 * admissions, and the audit log must have every acknowledged change once. Pure.
 */
import type { Call, CallResponse, Invocation } from "./operations.ts";

/** A key as lists show it, from D1 only. */
export interface Row {
	name: string;
	status: string;
	rate_limit: number;
	usage_count: number;
}

/** An event of the audit log. */
export interface Event {
	id: string;
	action: string;
	key_id: string | null;
	changes: Record<string, { from?: unknown; to?: unknown }>;
}

export interface Stored {
	rows: ReadonlyMap<string, Row>;
	events: readonly Event[];
}

/** Describes every disagreement. The history must end with a read of every key. */
export function disagreements(calls: readonly Call[], stored: Stored): string[] {
	const events = Map.groupBy(stored.events, ({ key_id }) => key_id);
	const byKey = Map.groupBy(calls, ({ keyId }) => keyId);
	const twice = stored.events.length - new Set(stored.events.map(({ id }) => id)).size;
	return [
		...(twice > 0 ? [`${twice} events have an id that another has`] : []),
		...[...byKey].flatMap(([keyId, ofKey]) => [
			...rowDisagrees(keyId, ofKey, stored.rows.get(keyId)),
			...refusalsDisagree(keyId, ofKey),
			...trailDisagrees(keyId, ofKey, events.get(keyId) ?? []),
		]),
		...unknownKeys(byKey, stored),
	];
}

function rowDisagrees(keyId: string, calls: readonly Call[], row: Row | undefined): string[] {
	const last = calls.findLast(({ invocation }) => invocation.kind === "read")?.response;
	if (last?.kind === "not found") return row ? [`${keyId} is deleted and still listed`] : [];
	if (last?.kind !== "key") return [`${keyId} was not read in the end`];
	if (!row) return [`${keyId} is not listed`];
	const { settings, status, used } = last;
	const told = { name: settings.name, rate_limit: settings.limit, status, usage_count: used?.total };
	const listed = { name: row.name, rate_limit: row.rate_limit, status: row.status, usage_count: row.usage_count };
	return JSON.stringify(told) === JSON.stringify(listed)
		? []
		: [`${keyId} is ${JSON.stringify(told)} and listed as ${JSON.stringify(listed)}`];
}

/**
 * Checks the counts of rejections; the model checks those of admissions. Each rejection is counted once, except that those
 * of a revoked key may come from memory, and those without a response may be counted or not. A crash may add some.
 */
function refusalsDisagree(keyId: string, calls: readonly Call[]): string[] {
	const last = calls.findLast(({ invocation }) => invocation.kind === "usage");
	if (last?.response?.kind !== "usage") return [];
	const refused = (codes: readonly string[]) =>
		calls.filter(
			({ invocation, response, ended }) =>
				invocation.kind === "admit" &&
				invocation.consume &&
				response?.kind === "verdict" &&
				// Without a window, the Worker refused it alone, and the gate counted nothing.
				response.window !== undefined &&
				codes.includes(response.code) &&
				ended < last.began,
		).length;
	const unsure = calls.some(({ invocation, response }) => invocation.kind === "crash" || response === null);
	const { rateLimited, denied } = last.response;
	const least = refused([
		"ADDRESS_NOT_ALLOWED",
		"MISSING_SCOPE",
		"EXPIRED",
		"TENANT_SUSPENDED",
		"REPLAYED",
		"OUTDATED",
		"UNCERTAIN",
	]);
	const most = least + refused(["REVOKED"]);
	const limited = refused(["RATE_LIMITED"]);
	return [
		...(rateLimited < limited || (!unsure && rateLimited > limited)
			? [`${keyId} was refused ${limited} times at its limit, and ${rateLimited} are counted`]
			: []),
		...(denied < least || (!unsure && denied > most)
			? [`${keyId} was refused ${least} to ${most} times for other reasons, and ${denied} are counted`]
			: []),
	];
}

/** How often an event must be in the audit log. */
type Times = readonly [least: number, most: number];
const ONCE: Times = [1, 1];
const PERHAPS: Times = [0, 1];

function trailDisagrees(keyId: string, calls: readonly Call[], events: readonly Event[]): string[] {
	const expected = expectedEvents(calls);
	const found = new Map<string, number>();
	for (const event of events) {
		const name = nameOf(event);
		found.set(name, (found.get(name) ?? 0) + 1);
	}
	// Successors that no client knows, because the response to the rotation was lost.
	let lost = calls.filter(
		({ invocation, response }) => invocation.kind === "rotate" && mayHaveBeenDone({ response }),
	).length;
	for (const name of found.keys())
		if (name.startsWith("api_key.rotate ") && !expected.has(name) && lost-- > 0) expected.set(name, ONCE);
	return [...new Set([...expected.keys(), ...found.keys()])].flatMap((name) => {
		const [least, most] = expected.get(name) ?? [0, 0];
		const times = found.get(name) ?? 0;
		return times >= least && times <= most ? [] : [`${keyId}: ${times} events "${name}", not ${least} to ${most}`];
	});
}

/** Identifies a change by its values: each name and each successor occurs once. */
function nameOf({ action, changes }: Event): string {
	// An import is how the key was created.
	if (action === "api_key.import") return "api_key.create";
	if (action === "api_key.update") return `${action} ${changes.name?.to}`;
	if (action === "api_key.rotate") return `${action} ${changes.rotated_to?.to}`;
	return action;
}

function expectedEvents(calls: readonly Call[]): Map<string, Times> {
	const expected = new Map<string, Times>();
	const invocations = (kind: Invocation["kind"]) => calls.filter(({ invocation }) => invocation.kind === kind);
	const known = (kind: Invocation["kind"], response: CallResponse["kind"]) =>
		invocations(kind).some((call) => call.response?.kind === response);
	const end = (kind: "revoke" | "delete") => {
		if (known(kind, "done")) return ONCE;
		return invocations(kind).some(mayHaveBeenDone) ? PERHAPS : null;
	};

	expected.set("api_key.create", ONCE);
	for (const call of invocations("update")) {
		if (call.invocation.kind !== "update") continue;
		if (call.response?.kind === "done") expected.set(`api_key.update ${call.invocation.patch.name}`, ONCE);
		else if (mayHaveBeenDone(call)) expected.set(`api_key.update ${call.invocation.patch.name}`, PERHAPS);
	}
	let endedByRotation = false;
	for (const { invocation, response } of invocations("rotate")) {
		if (response?.kind === "rotated") expected.set(`api_key.rotate ${response.successorId}`, ONCE);
		if (invocation.kind === "rotate" && invocation.overlapMs === 0 && response?.kind !== "conflict")
			endedByRotation = true;
	}
	const revoked = end("revoke");
	// A rotation without overlap revokes the key, so a later revocation changes nothing.
	if (revoked) expected.set("api_key.revoke", endedByRotation ? PERHAPS : revoked);
	const deleted = end("delete");
	if (deleted) expected.set("api_key.delete", deleted);
	return expected;
}

/** Whether the change may be missing: it had no response, or its key was deleted right afterwards. */
const mayHaveBeenDone = ({ response }: Pick<Call, "response">) => response === null || response.kind === "not found";

/** Checks keys that no client knows. A lost response may leave one, if it is complete. */
function unknownKeys(byKey: ReadonlyMap<string, readonly Call[]>, { rows, events }: Stored): string[] {
	const rotations = new Set(
		events.flatMap(({ action, changes }) => (action === "api_key.rotate" ? [changes.rotated_to?.to] : [])),
	);
	const successors = new Set(
		events.flatMap(({ action, key_id, changes }) =>
			action === "api_key.create" && changes.rotated_from?.to != null ? [key_id] : [],
		),
	);
	return [...rows.keys()]
		.filter((id) => !byKey.has(id) && successors.has(id) && !rotations.has(id))
		.map((id) => `${id} is the successor of a rotation that was not made`);
}
