/** Judging the items of a batch one by one, so that a bad item does not take the good ones with it. */
import type { z } from "zod";
import { validationError, withoutKeys } from "../errors.ts";

/** A good item with its place in the batch. */
export interface Placed<T> {
	index: number;
	item: T;
}

/** A bad item: its place, what was sent, and why it is left out. */
export interface Rejected {
	index: number;
	sent: unknown;
	message: string;
}

/** Splits a batch by the schema of its items. */
export function judge<T>(schema: z.ZodType<T>, items: readonly unknown[]): { good: Placed<T>[]; bad: Rejected[] } {
	const good: Placed<T>[] = [];
	const bad: Rejected[] = [];
	items.forEach((sent, index) => {
		const result = schema.safeParse(sent);
		if (result.success) good.push({ index, item: result.data });
		else bad.push({ index, sent, message: reason(result.error) });
	});
	return { good, bad };
}

function reason(error: z.ZodError): string {
	const details = validationError(error.issues, "item").details ?? [];
	return details.map(({ field, message }) => `${field}: ${message}`).join("; ");
}

/** The text that a bad item has in the field which names it, to find it again by. A key that stands there is not repeated. */
export function nameIn(sent: unknown, field: string): string | null {
	if (typeof sent !== "object" || sent === null) return null;
	// Any object may be read by any name; what comes back is looked at.
	const value = (sent as Record<string, unknown>)[field];
	return typeof value === "string" ? withoutKeys(value).slice(0, 200) : null;
}

/** Moves every item whose name has come before in the same batch to the rejected ones: which of the two holds, only the sender knows. */
export function firstOfEach<T>(
	items: readonly Placed<T>[],
	nameOf: (item: T) => string,
	field: string,
): { good: Placed<T>[]; bad: Rejected[] } {
	const seen = new Map<string, number>();
	const good: Placed<T>[] = [];
	const bad: Rejected[] = [];
	for (const placed of items) {
		const name = nameOf(placed.item);
		const first = seen.get(name);
		if (first === undefined) {
			seen.set(name, placed.index);
			good.push(placed);
		} else {
			bad.push({ index: placed.index, sent: placed.item, message: `${field}: The same as of item ${first}` });
		}
	}
	return { good, bad };
}
