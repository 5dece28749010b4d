/** The routes that take an API key, known before anything of them is loaded. */
import type { Scope } from "../../db/enums.ts";

/** By method and path, the scope that a key must have; null: any key will do. `integrations.ts` says what they do. */
export const KEY_ROUTES: Readonly<Record<string, Scope | null>> = {
	"GET /v1/whoami": null,
	"POST /v1/sync_collaborators": "default:sync",
	"POST /v1/sync_activities": "default:sync",
	"POST /functions/v1/default-integration": "default:sync",
	"GET /v1/leads": "leads:read",
	"POST /v1/leads": "leads:write",
	"GET /v1/leads/:id": "leads:read",
	"PATCH /v1/leads/:id": "leads:write",
};
export const WHOAMI = "GET /v1/whoami";

/** A place that takes a key. */
export interface KeyRoute {
	/** Method and path as the router writes it, such as `GET /v1/leads/:id`. */
	endpoint: string;
	scope: Scope | null;
}

const ROUTES = new Map(Object.entries(KEY_ROUTES).map(([endpoint, scope]) => [endpoint, { endpoint, scope }]));
/** One lead's address, in the only spelling that is known without the router. */
const LEADS = "/v1/leads/";
const LEAD_ID = /^[\w-]+$/;

/** The route that a request goes to, if it takes a key. Null where only the router can tell: it knows all spellings. */
export function keyRouteOf({ method, url }: Request): KeyRoute | null {
	const path = pathOf(url);
	const isLead = path.startsWith(LEADS) && LEAD_ID.test(path.slice(LEADS.length));
	return ROUTES.get(`${method} ${isLead ? "/v1/leads/:id" : path}`) ?? null;
}

/** Cut out of the text, since parsing an address takes longer than all else that is asked of it here. */
function pathOf(url: string): string {
	const start = url.indexOf("/", "https://".length);
	const query = url.indexOf("?", start);
	return query < 0 ? url.slice(start) : url.slice(start, query);
}
