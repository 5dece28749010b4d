/** Creates and revokes keys for the bench through REST, with the service_role key. */

export interface MadeKey {
	id: string;
	key: string;
}

export interface MadeSignedKey extends MadeKey {
	secret: string;
}

/** Concurrent requests while many keys are created. */
const CONCURRENCY = 20;

/** Calls with the service_role key in a tenant of its own. */
export class Keys {
	readonly #service: string;
	readonly #headers: Record<string, string>;

	private constructor(service: string, headers: Record<string, string>) {
		this.#service = service;
		this.#headers = headers;
	}

	static async inNewTenant(service: string, serviceRoleKey: string): Promise<Keys> {
		const headers = { Authorization: `Bearer ${serviceRoleKey}`, "Content-Type": "application/json" };
		const { id } = await post<{ id: string }>(`${service}/v1/tenants`, headers, { name: "Bench", slug: "bench" });
		return new Keys(service, { ...headers, "X-Tenant-Id": id });
	}

	async make(rateLimit: number): Promise<MadeKey> {
		const input = { name: "Bench", rate_limit: rateLimit };
		const made = await post<{ key: string; api_key: { id: string } }>(this.#url(""), this.#headers, input);
		return { key: made.key, id: made.api_key.id };
	}

	async #makeSigned(rateLimit: number): Promise<MadeSignedKey> {
		const input = { name: "Bench", rate_limit: rateLimit, authentication: "signed" };
		type Made = { key: string; secret: string; api_key: { id: string } };
		const { key, secret, api_key } = await post<Made>(this.#url(""), this.#headers, input);
		return { key, secret, id: api_key.id };
	}

	makeMany(count: number, rateLimit: number): Promise<MadeKey[]> {
		return many(count, () => this.make(rateLimit));
	}

	makeManySigned(count: number, rateLimit: number): Promise<MadeSignedKey[]> {
		return many(count, () => this.#makeSigned(rateLimit));
	}

	async revoke({ id }: MadeKey): Promise<void> {
		await post(this.#url(`/${id}/revoke`), this.#headers, {});
	}

	#url(rest: string): string {
		return `${this.#service}/v1/api-keys${rest}`;
	}
}

/** Runs `make` so many times, some at once. */
async function many<T>(count: number, make: () => Promise<T>): Promise<T[]> {
	const made: T[] = [];
	while (made.length < count) {
		const portion = Math.min(CONCURRENCY, count - made.length);
		made.push(...(await Promise.all(Array.from({ length: portion }, make))));
	}
	return made;
}

async function post<T>(url: string, headers: Record<string, string>, body: unknown): Promise<T> {
	const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
	const text = await response.text();
	if (!response.ok) throw new Error(`POST ${url}: ${response.status} ${text}`);
	return (JSON.parse(text) as { data: T }).data;
}

/** A key of the right form with a wrong tag, as an attacker would guess it. */
export function forge(key: string): string {
	const last = key.at(-1) === "0" ? "1" : "0";
	return key.slice(0, -1) + last;
}
