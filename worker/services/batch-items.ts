/** Validates the items of a batch one by one, so that an invalid item does not reject the others. */
import type { z } from "zod";
import { type FieldError, validationError } from "../errors.ts";
import { boundsError } from "../schemas/free-form.ts";
import { withoutKeys } from "../schemas/key-pattern.ts";
import { memberTexts } from "./json-members.ts";

/** What a request sends: the parsed items, and the JSON of the whole body. */
export interface Batch {
	items: readonly unknown[];
	json: string;
}

/** A valid item: its index in the batch, and the text of its free-form member. */
export interface ValidItem<T> {
	index: number;
	item: T;
	text: string | undefined;
}

/** An invalid item: its index, what was sent, and why it is rejected. */
export interface RejectedItem {
	index: number;
	sent: unknown;
	fields: FieldError[];
}

/** An item can have any number of unknown fields. */
const FIELDS_PER_ITEM_MAX = 10;

/**
 * Splits a batch by the schema of its items, and by the bounds of the member that is stored in the text that was sent.
 * `list` is the name of the list in the body.
 */
export function validateItems<T>(
	schema: z.ZodType<T>,
	{ items, json }: Batch,
	{ list, member }: { list: string; member: string },
): { good: ValidItem<T>[]; rejected: RejectedItem[] } {
	const good: ValidItem<T>[] = [];
	const rejected: RejectedItem[] = [];
	const texts = memberTexts(json, list, member);
	items.forEach((sent, index) => {
		const memberText = texts[index];
		const result = schema.safeParse(sent);
		const { details = [] } = result.success ? {} : validationError(result.error.issues, "item");
		const message = memberText && boundsError(memberText);
		const fields =
			message && details.every(({ field }) => field !== member) ? [...details, { field: member, message }] : details;
		if (result.success && fields.length === 0) good.push({ index, item: result.data, text: memberText?.text });
		else rejected.push({ index, sent, fields: fields.slice(0, FIELDS_PER_ITEM_MAX) });
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
			const fields = [{ field, message: `Duplicate of the ${field} in item ${first}` }];
			rejected.push({ index: valid.index, sent: valid.item, fields });
		}
	}
	return { good, rejected };
}

/**
 * The rows as one JSON parameter: D1 allows 100 parameters, and 2 MB for each. The member of this name, which the sender
 * shapes, is added to each row in the text that was sent.
 */
export function rowsOf(rows: readonly { row: object; text: string | undefined }[], member: string): string {
	const withMember = rows.map(({ row, text }) => {
		const own = JSON.stringify(row);
		return text === undefined ? own : `${own.slice(0, -1)},${JSON.stringify(member)}:${text}}`;
	});
	return `[${withMember.join(",")}]`;
}
