/**
 * The routes that take an API key, declared once. The hot path (`fetch.ts`) and the OpenAPI routes (`rest/routes`) read
 * this table. It imports nothing of the router, so that a key is admitted before the router is loaded.
 */
import type { Scope } from "../../db/enums.ts";

interface KeyRouteDeclaration {
	method: "get" | "post" | "patch" | "delete";
	/** As OpenAPI writes it. The only parameter that the hot path knows is a trailing `/{id}`. */
	path: string;
	/** The scope that a key must have; null admits any key. */
	scope: Scope | null;
}

/** By operation. */
export const KEY_ROUTES = {
	whoami: { method: "get", path: "/v1/whoami", scope: null },
	syncCollaborators: { method: "post", path: "/v1/sync_collaborators", scope: "default:sync" },
	syncActivities: { method: "post", path: "/v1/sync_activities", scope: "default:sync" },
	defaultIntegration: { method: "post", path: "/functions/v1/default-integration", scope: "default:sync" },
	listLeads: { method: "get", path: "/v1/leads", scope: "leads:read" },
	createLead: { method: "post", path: "/v1/leads", scope: "leads:write" },
	getLead: { method: "get", path: "/v1/leads/{id}", scope: "leads:read" },
	updateLead: { method: "patch", path: "/v1/leads/{id}", scope: "leads:write" },
	deleteLead: { method: "delete", path: "/v1/leads/{id}", scope: "leads:write" },
} as const satisfies Record<string, KeyRouteDeclaration>;

export type KeyOperation = keyof typeof KEY_ROUTES;

/** A route that a request was matched with. */
export interface KeyRoute {
	/** Method and path as the router writes them, such as `GET /v1/leads/:id`. */
	endpoint: string;
	scope: Scope | null;
}

const endpointOf = ({ method, path }: KeyRouteDeclaration) => `${method.toUpperCase()} ${path.replace("{id}", ":id")}`;

export const WHOAMI = endpointOf(KEY_ROUTES.whoami);

const byEndpoint = new Map<string, KeyRoute>(
	Object.values(KEY_ROUTES).map((route) => [endpointOf(route), { endpoint: endpointOf(route), scope: route.scope }]),
);

/** An id that needs no decoding. Only the router reads other spellings. */
const PLAIN_ID = /^[\w-]+$/;

/** The key route of a request. Null for all other requests, and for spellings of a path that only the router knows. */
export function keyRouteOf({ method, url }: Request): KeyRoute | null {
	const path = pathOf(url);
	const known = byEndpoint.get(`${method} ${path}`);
	if (known) return known;
	const idStart = path.lastIndexOf("/") + 1;
	if (!PLAIN_ID.test(path.slice(idStart))) return null;
	return byEndpoint.get(`${method} ${path.slice(0, idStart)}:id`) ?? null;
}

/** Cut out of the text: parsing the URL costs more than the rest of this function. */
function pathOf(url: string): string {
	const start = url.indexOf("/", "https://".length);
	const query = url.indexOf("?", start);
	return query < 0 ? url.slice(start) : url.slice(start, query);
}
