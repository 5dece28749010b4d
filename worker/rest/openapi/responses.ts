/** Successes and request bodies, as the descriptions of routes name them. */
import type { z } from "@hono/zod-openapi";
import { enveloped, envelopedCreation, envelopedList } from "./envelope.ts";
import { EXAMPLE_META } from "./examples.ts";
import { ETAG, type Headers, location, RATE_LIMIT, REPLAYED, REQUEST_ID } from "./headers.ts";

/** A JSON response. */
export function json<T extends z.ZodType>(schema: T, description: string, example: unknown, headers: Headers = {}) {
	return {
		description,
		headers: { ...REQUEST_ID, ...headers },
		content: { "application/json": { schema, example } },
	};
}

/** An object in its envelope. */
export const ok = <T extends z.ZodType>(data: T, description: string, example: z.input<T>, headers: Headers = {}) =>
	json(enveloped(data), description, { data: example, meta: EXAMPLE_META }, headers);

/** A new object, with the path where it can be read. */
export const created = <T extends z.ZodType>(data: T, description: string, example: z.input<T>, path: string) =>
	ok(data, description, example, location(path));

/**
 * The responses of an operation that creates an API key and takes an `Idempotency-Key`: the new key, or the one that an
 * earlier request created. Both have one schema.
 */
export const createdOnce = <T extends z.ZodType>(
	data: T,
	description: string,
	example: z.input<T>,
	{ replay, path }: { replay: z.input<T>; path: string },
) => {
	const schema = envelopedCreation(data);
	return {
		200: json(
			schema,
			"An earlier request with this `Idempotency-Key` created the API key. Its secret is not repeated.",
			{ data: replay, meta: { ...EXAMPLE_META, idempotent_replay: true } },
			{ ...REPLAYED, ...ETAG },
		),
		201: json(schema, description, { data: example, meta: EXAMPLE_META }, { ...location(path), ...ETAG }),
	};
};

/** A page of a list. `more` describes what `meta` holds besides the cursor. */
export const page = <T extends z.ZodType, M extends z.ZodRawShape = Record<never, never>>(
	item: T,
	description: string,
	example: z.input<T>,
	more?: { shape: M; example: Record<string, unknown> },
) =>
	json(envelopedList(item, more?.shape), description, {
		data: [example],
		meta: { ...EXAMPLE_META, next_cursor: null, ...more?.example },
	});

/** A 204. */
export const noContent = (description: string) => ({ description, headers: REQUEST_ID });

/** The response with the headers of an API key's rate limit. */
export const withRateLimit = <R extends { headers: Headers }>(response: R): R => ({
	...response,
	headers: { ...response.headers, ...RATE_LIMIT },
});

/** A JSON body that is required. */
export const jsonBody = <T extends z.ZodType>(schema: T, example: z.input<T>) => ({
	required: true,
	content: { "application/json": { schema, example } },
});

/** A JSON body that may be left out. */
export const optionalJsonBody = <T extends z.ZodType>(schema: T, example: z.input<T>) => ({
	...jsonBody(schema, example),
	required: false,
});
