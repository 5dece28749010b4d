/**
 * The log: one JSON object a line, for operators. It never contains secrets, customer data, emails or IP addresses: the ray
 * id leads to the request at Cloudflare, and the audit log says who made a change.
 */
import { type Level, LOG_EVENTS, type LogEvent } from "./log-events.ts";
import { withoutKeys } from "./schemas/key-pattern.ts";
import { MINUTE_MS } from "./schemas/time.ts";

/** The request that a line is about. */
export interface Trace {
	requestId: string;
	/** Cloudflare's id of the request: the header `CF-Ray`. */
	rayId: string | null;
}

/** The version of the Worker. Undefined where the platform names none. */
let version: string | undefined;

/** Sets the version that every line names. Called once, at the start of an isolate. */
export function nameVersion(metadata: WorkerVersionMetadata | undefined): void {
	version = metadata?.id;
}

/** Strangers cause some of the events, and each line costs money. So an isolate writes this many a minute of each event. */
const LINES_MAX = 60;

interface Budget {
	until: number;
	left: number;
	suppressed: number;
}
const budgets = new Map<LogEvent, Budget>();

/** Logs an event. `fields` are ids, names and numbers. A line says how many before it were left out, if any. */
export function logEvent(
	event: LogEvent,
	fields: Record<string, string | number | boolean | null>,
	{ trace, thrown }: { trace?: Trace | undefined; thrown?: unknown } = {},
): void {
	const now = performance.now();
	let budget = budgets.get(event);
	const suppressed = budget?.suppressed ?? 0;
	if (!budget || budget.until <= now) {
		budget = { until: now + MINUTE_MS, left: LINES_MAX, suppressed: 0 };
		budgets.set(event, budget);
	}
	if (budget.left === 0) {
		budget.suppressed++;
		return;
	}
	budget.left--;
	const { level, what } = LOG_EVENTS[event];
	write(level, {
		event,
		what,
		...fields,
		...(thrown === undefined ? {} : { causes: causes(thrown), at: places(thrown) }),
		...(suppressed > 0 ? { suppressed } : {}),
		...traceOf(trace),
	});
}

/** Logs a failure whose details the caller must not see. The request id is also in the response. */
export function logError(what: string, thrown: unknown, trace?: Trace): void {
	write("error", { what, ...traceOf(trace), causes: causes(thrown), at: places(thrown) });
}

const traceOf = (trace: Trace | undefined) => trace && { request_id: trace.requestId, ray_id: trace.rayId };

function write(level: Level, line: Record<string, unknown>): void {
	// biome-ignore lint/suspicious/noConsole: the log is written here and nowhere else
	console[level](withoutKeys(JSON.stringify({ level, ...line, version })));
}

/** What is logged of an error. Drizzle's own messages are left out: they carry the parameters of the query. */
function causes(thrown: unknown): string[] {
	const messages: string[] = [];
	for (let error = thrown; error instanceof Error; error = error.cause) {
		if (!error.message.startsWith("Failed query")) messages.push(`${error.name}: ${error.message}`);
	}
	return messages.length > 0 ? messages : ["not an Error, or one that names a query"];
}

/** Places in the code, without the message that a stack begins with. */
function places(thrown: unknown): string[] {
	const stack = thrown instanceof Error ? (thrown.stack ?? "") : "";
	return stack.split("\n").filter((line) => line.trimStart().startsWith("at "));
}
