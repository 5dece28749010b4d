/** The OpenAPI document: generated from the routes, so that it says what they do. OpenAPI 3.1.0. */
import type { OpenAPIHono } from "@hono/zod-openapi";
import type { DoorEnv } from "../context.ts";
import { withCodeSamples } from "./code-samples.ts";
import { type Document, documentOf } from "./document.ts";

const DESCRIPTION = `
Create, watch, rotate and revoke API keys; and the endpoints that integrations call with them.

**Credentials.** Managing keys takes a JSON Web Token of a tenant's admin (the tenant is the token's) or the platform's
\`service_role\` key (the tenant is named in \`X-Tenant-Id\` or \`tenant_id\`), as \`Authorization: Bearer …\`. Integrations
send their API key as \`Authorization: Bearer sk_…\` or \`X-API-Key: sk_…\`, never in an address.

**Answers** are \`{"data": …, "meta": {"request_id", "timestamp"}}\`; lists add \`meta.next_cursor\`, which is the \`cursor\`
of the next page and null on the last. Failures are \`{"error": {"code", "message", "details"?, "retry_after"?}, "meta"}\`.
Times are ISO 8601 in UTC with milliseconds. Fields may be added to any object; none is ever renamed or removed.

**Limits.** A key may make \`rate_limit\` requests in each UTC clock hour, exactly. Every answer to a key tells where it
stands; a 429 says in \`Retry-After\` when to come back. Refused requests do not count.
`.trim();

const TAGS = [
	{ name: "API keys", description: "For admins of a tenant, and for the platform." },
	{ name: "Audit", description: "Who did what." },
	{ name: "Integrations", description: "What API keys are for." },
	{ name: "Tenants", description: "For the platform only." },
	{ name: "Service", description: "About the service itself." },
];

const SECURITY_SCHEMES = {
	bearer: {
		type: "http",
		scheme: "bearer",
		description:
			"A JSON Web Token of a tenant user with the capability `admin.integrations`, or the `service_role` key.",
	},
	session: {
		type: "apiKey",
		in: "cookie",
		name: "__Host-session",
		description: "The dashboard's session. Requests that change something must come from the dashboard's own pages.",
	},
	apiKey: { type: "http", scheme: "bearer", description: "An API key, `sk_live_…` or `sk_test_…`." },
	apiKeyHeader: {
		type: "apiKey",
		in: "header",
		name: "X-API-Key",
		description: "The same API key in a header of its own.",
	},
};

/** Adds `GET /v1/openapi.json`, which tells of all routes there are. */
export function addOpenApiRoute(app: OpenAPIHono<DoorEnv>): void {
	let known: Document | undefined;
	app.get("/v1/openapi.json", (c) => {
		// Made when it is first asked for: most isolates never are.
		known ??= documentOf(
			app as OpenAPIHono,
			{
				openapi: "3.1.0",
				info: {
					title: "SalesOS API keys",
					version: "1.0.0",
					description: DESCRIPTION,
					contact: { name: "SalesOS" },
					license: { name: "Proprietary", identifier: "LicenseRef-Proprietary" },
				},
				tags: TAGS,
			},
			SECURITY_SCHEMES,
		);
		const { origin } = new URL(c.req.url);
		return c.json(withCodeSamples({ ...known, servers: [{ url: origin }] }, origin));
	});
}
