/** Validates the items of a batch one by one, so that an invalid item does not reject the others. */
import type { z } from "zod";
import { type FieldError, validationError } from "../errors.ts";
import { withoutKeys } from "../schemas/key-pattern.ts";
import { memberTexts } from "./json-members.ts";

/** What a request sends: the parsed items, and the JSON of the whole body. */
export interface Batch {
	items: readonly unknown[];
	json: string;
}

/** A valid item with its index in the batch. */
export interface ValidItem<T> {
	index: number;
	item: T;
}

/** An invalid item: its index, what was sent, and why it is rejected. */
export interface RejectedItem {
	index: number;
	sent: unknown;
	fields: FieldError[];
}

/** An item can have any number of unknown fields. */
const FIELDS_PER_ITEM_MAX = 10;

/** Splits a batch by the schema of its items. */
export function validateItems<T>(
	schema: z.ZodType<T>,
	items: readonly unknown[],
): { good: ValidItem<T>[]; rejected: RejectedItem[] } {
	const good: ValidItem<T>[] = [];
	const rejected: RejectedItem[] = [];
	items.forEach((sent, index) => {
		const result = schema.safeParse(sent);
		if (result.success) good.push({ index, item: result.data });
		else {
			const { details = [] } = validationError(result.error.issues, "item");
			rejected.push({ index, sent, fields: details.slice(0, FIELDS_PER_ITEM_MAX) });
		}
	});
	return { good, rejected };
}

/** Why an item is rejected, in one line. */
export const reasonOf = ({ fields }: RejectedItem): string =>
	fields.map(({ field, message }) => `${field}: ${message}`).join("; ");

/** The text of a field that identifies an invalid item for its sender. An API key in it is removed. */
export function textIn(sent: unknown, field: string): string | null {
	if (typeof sent !== "object" || sent === null) return null;
	// Any object can be read by any name, and the type of the value is checked.
	const value = (sent as Record<string, unknown>)[field];
	return typeof value === "string" ? withoutKeys(value).slice(0, 255) : null;
}

/** Rejects every item whose name an earlier item of the batch has: only the sender knows which of the two is right. */
export function firstOfEach<T>(
	items: readonly ValidItem<T>[],
	nameOf: (item: T) => string,
	field: string,
): { good: ValidItem<T>[]; rejected: RejectedItem[] } {
	const seen = new Map<string, number>();
	const good: ValidItem<T>[] = [];
	const rejected: RejectedItem[] = [];
	for (const valid of items) {
		const name = nameOf(valid.item);
		const first = seen.get(name);
		if (first === undefined) {
			seen.set(name, valid.index);
			good.push(valid);
		} else {
			const fields = [{ field, message: `The same as in item ${first}` }];
			rejected.push({ index: valid.index, sent: valid.item, fields });
		}
	}
	return { good, rejected };
}

/**
 * The rows as one JSON parameter: D1 allows 100 parameters, and 2 MB for each. The member of this name, which the sender
 * shapes, is added to each row in the text that was sent.
 */
export function rowsOf(
	rows: readonly { index: number; row: object }[],
	{ json, list, member }: { json: string; list: string; member: string },
): string {
	const texts = memberTexts(json, list, member);
	const withMember = rows.map(({ index, row }) => {
		const text = texts[index];
		const own = JSON.stringify(row);
		return text === undefined ? own : `${own.slice(0, -1)},${JSON.stringify(member)}:${text}}`;
	});
	return `[${withMember.join(",")}]`;
}
