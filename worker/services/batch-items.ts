/** Validates the items of a batch one by one, so that an invalid item does not reject the others. */
import type { z } from "zod";
import { validationError } from "../errors.ts";
import { withoutKeys } from "../schemas/key-pattern.ts";

/** A valid item with its index in the batch. */
export interface ValidItem<T> {
	index: number;
	item: T;
}

/** An invalid item: its index, what was sent, and why it is rejected. */
export interface RejectedItem {
	index: number;
	sent: unknown;
	message: string;
}

/** Splits a batch by the schema of its items. */
export function validateItems<T>(
	schema: z.ZodType<T>,
	items: readonly unknown[],
): { good: ValidItem<T>[]; bad: RejectedItem[] } {
	const good: ValidItem<T>[] = [];
	const bad: RejectedItem[] = [];
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

/** The text of the field that identifies an invalid item for its sender. An API key in it is removed. */
export function textIn(sent: unknown, field: string): string | null {
	if (typeof sent !== "object" || sent === null) return null;
	// Any object can be read by any name, and the type of the value is checked.
	const value = (sent as Record<string, unknown>)[field];
	return typeof value === "string" ? withoutKeys(value).slice(0, 200) : null;
}

/** Rejects every item whose name an earlier item of the batch has: only the sender knows which of the two is right. */
export function firstOfEach<T>(
	items: readonly ValidItem<T>[],
	nameOf: (item: T) => string,
	field: string,
): { good: ValidItem<T>[]; bad: RejectedItem[] } {
	const seen = new Map<string, number>();
	const good: ValidItem<T>[] = [];
	const bad: RejectedItem[] = [];
	for (const valid of items) {
		const name = nameOf(valid.item);
		const first = seen.get(name);
		if (first === undefined) {
			seen.set(name, valid.index);
			good.push(valid);
		} else {
			bad.push({ index: valid.index, sent: valid.item, message: `${field}: The same as in item ${first}` });
		}
	}
	return { good, bad };
}
