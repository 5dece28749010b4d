/** The kinds of routes, by who may call them. Each identifies the caller before it looks at anything else. */
import type { RouteConfig, RouteHandler } from "@hono/zod-openapi";
import type { Permission } from "../../db/enums.ts";
import { KEY_ROUTES, type KeyOperation } from "../admission/key-routes.ts";
import type { IntegrationEnv, ManageEnv, PersonEnv, PlatformEnv, RestEnv } from "./context.ts";
import { apiKeyAuth } from "./middleware/api-key-auth.ts";
import { ignoreEmptyBody, readableBody } from "./middleware/body.ts";
import { inTenant, permittedOnly, personOnly, platformInTenantOnly, platformOnly } from "./middleware/manager-auth.ts";

/** What the description of an integration's route begins with: its declaration in `KEY_ROUTES`. */
export function keyRoute<O extends KeyOperation>(operation: O) {
	const { method, path, scope }: (typeof KEY_ROUTES)[O] = KEY_ROUTES[operation];
	const scopes = scope === null ? [] : [scope];
	return {
		method,
		path,
		operationId: operation,
		tags: ["Integrations"],
		// The document names the scope that a key must have (OpenAPI 3.1, Security Requirement Object).
		security: [{ apiKey: scopes }, { apiKeyHeader: scopes }, { signature: scopes }],
		// The key comes first: a refused body then carries the key's rate limit, and callers without a key send no body.
		middleware: [apiKeyAuth({ scope }), ...readableBody],
	};
}

/** The document names the permission that the caller must have (OpenAPI 3.1, Security Requirement Object). */
const byPermitted = (permission: Permission) => ({ security: [{ bearer: [permission] }, { session: [permission] }] });

/** What the description of a route in a tenant begins with. Its callers have the permission. */
export const permitted = (permission: Permission) => ({
	...byPermitted(permission),
	middleware: [permittedOnly(permission), inTenant],
});
export const permittedWithBody = (permission: Permission) => ({
	...byPermitted(permission),
	middleware: [permittedOnly(permission), ...readableBody, inTenant],
});
export const permittedWithOptionalBody = (permission: Permission) => ({
	...byPermitted(permission),
	middleware: [permittedOnly(permission), ...readableBody, ignoreEmptyBody, inTenant],
});

/** What the description of a route about the caller themselves begins with. */
export const person = { security: [{ bearer: [] }, { session: [] }], middleware: [personOnly] };

const byPlatform = { security: [{ bearer: [] }] };

/** What the description of the platform's route begins with. */
export const platform = { ...byPlatform, middleware: [platformOnly] };
export const platformWithBody = { ...byPlatform, middleware: [platformOnly, ...readableBody] };
export const platformWithOptionalBody = {
	...byPlatform,
	middleware: [platformOnly, ...readableBody, ignoreEmptyBody],
};

/** What the description of a route of the platform in a tenant begins with. */
export const platformInTenantWithBody = {
	...byPlatform,
	middleware: [platformInTenantOnly, ...readableBody, inTenant],
};

/** A route with its handler, which finds the variables that the route's middleware sets. */
const operationIn =
	<E extends RestEnv>() =>
	<R extends RouteConfig>(route: R, handler: RouteHandler<R, E>) => ({ route, handler });

export const publicOperation = operationIn<RestEnv>();
export const integrationOperation = operationIn<IntegrationEnv>();
export const managerOperation = operationIn<ManageEnv>();
export const personOperation = operationIn<PersonEnv>();
export const platformOperation = operationIn<PlatformEnv>();
