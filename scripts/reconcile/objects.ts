/** The ids of the objects that hold gates: in Cloudflare from its API, on this machine from the files that keep their storage. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { CloudflareApi } from "../cloudflare/api.ts";

const GATE_CLASS = "KeyGate";
const NAMESPACES = "/workers/durable_objects/namespaces";
/** Namespaces of one page, and objects of one page. The API allows more. */
const NAMESPACES_PER_PAGE = 100;
const OBJECTS_PER_PAGE = 1_000;

/** A page of ids, and where the next one begins; null: there is none. */
interface ObjectPage {
	ids: string[];
	next: string | null;
}

/** Reads the page that begins at `after`; an empty text: the first. */
export type ReadObjects = (after: string) => Promise<ObjectPage>;

/** The objects of the Worker in Cloudflare. Throws if it has no gates. */
export async function objectsInCloudflare(api: CloudflareApi, worker: string): Promise<ReadObjects> {
	const namespace = await namespaceOf(api, worker);
	return async (after) => {
		const query = new URLSearchParams({ limit: String(OBJECTS_PER_PAGE), ...(after ? { cursor: after } : {}) });
		const { result, cursor } = await api.page<{ id: string; hasStoredData?: boolean }>(
			`${NAMESPACES}/${namespace}/objects?${query}`,
		);
		// An object without data has no key.
		return { ids: result.filter(({ hasStoredData }) => hasStoredData !== false).map(({ id }) => id), next: cursor };
	};
}

async function namespaceOf(api: CloudflareApi, worker: string): Promise<string> {
	for (let page = 1; ; page++) {
		const query = new URLSearchParams({ page: String(page), per_page: String(NAMESPACES_PER_PAGE) });
		const { result } = await api.page<{ id: string; class?: string; script?: string }>(`${NAMESPACES}?${query}`);
		const found = result.find((one) => one.class === GATE_CLASS && one.script === worker);
		if (found) return found.id;
		if (result.length < NAMESPACES_PER_PAGE)
			throw new Error(
				`The account has no Durable Object namespace of the Worker ${worker} with the class ${GATE_CLASS}.`,
			);
	}
}

/** The objects of this machine: `stateDir` has a folder for each namespace, with a file named by the id of each object. */
export function objectsOnThisMachine(stateDir: string): ReadObjects {
	const root = join(stateDir, "v3", "do");
	return async () => ({
		ids: (existsSync(root) ? readdirSync(root) : [])
			.filter((namespace) => namespace.endsWith(`-${GATE_CLASS}`))
			.flatMap((namespace) => readdirSync(join(root, namespace)))
			.flatMap((file) => /^([0-9a-f]{64})\.sqlite$/.exec(file)?.slice(1) ?? []),
		next: null,
	});
}
