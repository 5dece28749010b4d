/** Lists of keys as an admin reads them over tRPC. */
import { expect } from "vitest";
import type { ApiKey } from "../../../worker/schemas/api-key.ts";
import type { KeyList, KeyListItem } from "../../../worker/schemas/key-list.ts";
import { addTenant, query, token } from "../fixtures.ts";

/** Later than the real clock, so that no alarm fires unless a test runs it. */
export const NOW = Date.parse("2031-05-06T10:20:30.000Z");

export const adminOf = (tenantId: string) => token({ tenantId, expiresIn: 400 * 86_400 });
export const newAdmin = async () => adminOf(await addTenant());

export async function list(who: string, input: Record<string, unknown> = {}): Promise<KeyList> {
	const answer = await query<KeyList>(who, "keys.list", input);
	expect(answer.status).toBe(200);
	return answer.data;
}

export const names = ({ items }: KeyList) => items.map(({ name }) => name);
export const ids = (items: ApiKey[]) => items.map(({ id }) => id);

/** All pages in order. */
export async function pages(who: string, input: Record<string, unknown>): Promise<KeyListItem[][]> {
	const all: KeyListItem[][] = [];
	let cursor: string | null = null;
	do {
		const page: KeyList = await list(who, { ...input, ...(cursor === null ? {} : { cursor }) });
		all.push(page.items);
		cursor = page.next_cursor;
		expect(all.length).toBeLessThan(50);
	} while (cursor !== null);
	return all;
}
