/** The OpenAPI 3.1 document. It is generated from the routes, so it cannot differ from what they do. */
import type { OpenAPIHono } from "@hono/zod-openapi";
import packageJson from "../../../package.json" with { type: "json" };
import { validationError } from "../../errors.ts";
import type { RestEnv } from "../context.ts";
import { NO_QUERY } from "../query.ts";
import { withCodeSamples } from "./code-samples.ts";
import { type Document, documentOf } from "./document.ts";

const DESCRIPTION = `
Create, watch, rotate and revoke API keys, and the endpoints that integrations call with them.

**Credentials.** To manage keys, send a management token (\`smt_…\`) as \`Authorization: Bearer …\`. It has a tenant and
permissions, and each operation names the one that it requires. A person's JSON Web Token works too, and so does the
platform's \`service_role\` key, which needs the tenant in \`X-Tenant-Id\` or \`tenant_id\`. Integrations send their API
key as \`Authorization: Bearer sk_…\` or \`X-API-Key: sk_…\`, never in a URL. With a key whose \`authentication\` is
\`signed\`, they sign each request instead: \`Authorization: P2S-SIGN-V1 …\`.

**Responses** are \`{"data": …, "meta": {"request_id", "timestamp"}}\`. Lists add \`meta.next_cursor\`: send it as
\`cursor\` to get the next page; it is null on the last page. Errors are
\`{"error": {"code", "message", "details"?, "retry_after"?}, "meta"}\`. Times are ISO 8601 in UTC with milliseconds.
Fields may be added to any object. Fields are never renamed or removed.

**Limits.** A key may make exactly \`rate_limit\` requests per UTC clock hour. Every response to a key carries its
remaining requests. A 429 says in \`Retry-After\` when to retry. Refused requests do not count.
`.trim();

const TAGS = [
	{ name: "API keys", description: "For admins of a tenant, and for the platform." },
	{ name: "Members", description: "For owners and admins of a tenant, and for the platform." },
	{ name: "Audit", description: "Who did what to which API key." },
	{ name: "Management tokens", description: "Credentials of programs, such as CI and back ends." },
	{ name: "Integrations", description: "The endpoints that take API keys." },
	{ name: "Sessions", description: "Where a person is signed in." },
	{ name: "Tenants", description: "For the platform only." },
	{ name: "People", description: "Export and deletion of a person's data." },
	{ name: "Operations", description: "For the platform only." },
	{ name: "Service", description: "About the service itself." },
];

const SIGNATURE = `
For keys with \`authentication: signed\`. Send \`Authorization: P2S-SIGN-V1 <api key>:<timestamp>:<signature>\`. The secret of
the key is never sent, and each signed request is admitted once.

- \`timestamp\`: Unix seconds, at most 30 seconds behind or ahead of the server's clock.
- \`signature\`: the last of five HMAC-SHA-256, in lower-case hex. The first uses the secret as its key. Each following one uses
  the raw bytes of the one before. The messages, in order: the API key, the timestamp, the method in upper case, the path as
  it is sent with its query, and the SHA-256 of the raw body in lower-case hex.
`.trim();

const SECURITY_SCHEMES = {
	bearer: {
		type: "http",
		scheme: "bearer",
		description:
			"A management token (`smt_…`) or a JSON Web Token of a tenant user, with the permission that the operation names, or the `service_role` key.",
	},
	session: {
		type: "apiKey",
		in: "cookie",
		name: "__Host-session",
		description: "The session of the dashboard. Only the dashboard's own pages may send changes with it.",
	},
	apiKey: { type: "http", scheme: "bearer", description: "An API key, `sk_live_…` or `sk_test_…`." },
	apiKeyHeader: {
		type: "apiKey",
		in: "header",
		name: "X-API-Key",
		description: "The same API key in its own header.",
	},
	signature: {
		type: "http",
		scheme: "P2S-SIGN-V1",
		description: SIGNATURE,
	},
};

/** Adds `GET /v1/openapi.json`, which describes all routes. */
export function addOpenApiRoute(app: OpenAPIHono<RestEnv>): void {
	let generated: Document | undefined;
	app.get("/v1/openapi.json", (c) => {
		const { error } = NO_QUERY.safeParse(c.req.query());
		if (error) throw validationError(error.issues, "query");
		// Generated on the first request: most isolates never serve one.
		generated ??= documentOf(
			app as OpenAPIHono,
			{
				openapi: "3.1.0",
				info: {
					title: "SalesOS API keys",
					version: packageJson.version,
					description: DESCRIPTION,
					contact: { name: "SalesOS" },
					license: { name: "Proprietary", identifier: "LicenseRef-Proprietary" },
				},
				tags: TAGS,
			},
			SECURITY_SCHEMES,
		);
		const { origin } = new URL(c.req.url);
		return c.json(withCodeSamples({ ...generated, servers: [{ url: origin }] }, origin));
	});
}
