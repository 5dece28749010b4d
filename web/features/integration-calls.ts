/** The calls that integrations make, each with a body that the service accepts. Pure. */
import type { Scope } from "../../db/enums.ts";

export interface Call {
	method: "GET" | "POST" | "PATCH" | "DELETE";
	/** Has `{id}` in place of the id of a lead. */
	path: string;
	/** The scope that the key needs. Null: every key may make the call. */
	scope: Scope | null;
	/** Null: the call has no body. */
	body: object | null;
}

const COLLABORATORS = [{ external_id: "emp-001", name: "Ana Souza", email: "ana@example.com" }];

export const CALLS: readonly [Call, ...Call[]] = [
	{ method: "GET", path: "/v1/whoami", scope: null, body: null },
	{ method: "GET", path: "/v1/leads", scope: "leads:read", body: null },
	{ method: "GET", path: "/v1/leads/{id}", scope: "leads:read", body: null },
	{
		method: "POST",
		path: "/v1/leads",
		scope: "leads:write",
		body: { name: "Ana Souza", email: "ana@example.com" },
	},
	{ method: "PATCH", path: "/v1/leads/{id}", scope: "leads:write", body: { status: "contacted" } },
	{ method: "DELETE", path: "/v1/leads/{id}", scope: "leads:write", body: null },
	{
		method: "POST",
		path: "/v1/sync_collaborators",
		scope: "default:sync",
		body: { collaborators: COLLABORATORS },
	},
	{
		method: "POST",
		path: "/v1/sync_activities",
		scope: "default:sync",
		body: {
			activities: [{ activity_code: "001", external_id: "act-001", collaborator_email: "ana@example.com" }],
		},
	},
	{
		method: "POST",
		path: "/functions/v1/default-integration",
		scope: "default:sync",
		body: { action: "sync_collaborators", collaborators: COLLABORATORS },
	},
];

/** As a person reads it, such as `GET /v1/leads`. */
export const titleOf = ({ method, path }: Pick<Call, "method" | "path">): string => `${method} ${path}`;
