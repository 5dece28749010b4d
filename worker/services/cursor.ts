/**
 * Cursors: where a page ended, as opaque text. A cursor holds no secret and grants nothing, since every query takes
 * its tenant from the principal; so it is encoded, not signed.
 */
import { z } from "zod";
import { invalidField } from "../errors.ts";

const position = z.tuple([z.string(), z.unknown(), z.string().max(64)]);

/** The last row of a page: value it was sorted by, and id. */
export interface Position {
	value: string | number;
	id: string;
}

/** `order` names the sort, so that a cursor of one order is rejected in another. */
export function encodeCursor(order: string, { value, id }: Position): string {
	return Buffer.from(JSON.stringify([order, value, id])).toString("base64url");
}

/** Schema of a cursor's value, by the type of the column that the list is sorted by. */
interface Values {
	string: string;
	number: number;
	/** A word and an instant, of a list that is sorted by two columns. */
	pair: string;
}
const VALUE_SCHEMAS: { [T in keyof Values]: z.ZodType<Values[T]> } = {
	// The longest is an email.
	string: z.string().max(254),
	number: z.number(),
	pair: z.string().regex(/^[a-z]+ \d{1,15}$/),
};

/** Null without a cursor. Throws `VALIDATION_ERROR` for a cursor of another order. */
export function decodeCursor<T extends keyof Values>(
	order: string,
	cursor: string | undefined,
	type: T,
): { value: Values[T]; id: string } | null {
	if (cursor === undefined) return null;
	try {
		const [made, value, id] = position.parse(JSON.parse(Buffer.from(cursor, "base64url").toString()));
		if (made === order) return { value: VALUE_SCHEMAS[type].parse(value), id };
	} catch {
		// Reported below, as any other cursor that is not valid here.
	}
	throw invalidField("cursor", "Not a cursor of this list in this order. Start again without one");
}

/** Whether the cursor was made in this order. */
export function isCursorOf(order: string, cursor: string): boolean {
	try {
		decodeCursor(order, cursor, "number");
		return true;
	} catch {
		return false;
	}
}

/** Splits `limit + 1` fetched rows into the page and the cursor of the next one. */
export function paginate<R>(
	rows: R[],
	limit: number,
	order: string,
	positionOf: (row: R) => Position,
): { rows: R[]; next_cursor: string | null } {
	const kept = rows.slice(0, limit);
	const last = kept.at(-1);
	return { rows: kept, next_cursor: rows.length > limit && last ? encodeCursor(order, positionOf(last)) : null };
}
