/** All procedures by name. The published client is made of their types. */
import { auditRouter } from "./audit.ts";
import { jobsRouter } from "./jobs.ts";
import { keysRouter } from "./keys.ts";
import { membersRouter } from "./members.ts";
import { operationsRouter } from "./operations.ts";
import { passwordsRouter } from "./passwords.ts";
import { peopleRouter } from "./people.ts";
import { platformRouter } from "./platform.ts";
import { scopesRouter } from "./scopes.ts";
import { sessionRouter } from "./session.ts";
import { sessionsRouter } from "./sessions.ts";
import { tenantsRouter } from "./tenants.ts";
import { tokensRouter } from "./tokens.ts";

export const routers = {
	session: sessionRouter,
	sessions: sessionsRouter,
	keys: keysRouter,
	jobs: jobsRouter,
	members: membersRouter,
	passwords: passwordsRouter,
	people: peopleRouter,
	tenants: tenantsRouter,
	platform: platformRouter,
	operations: operationsRouter,
	scopes: scopesRouter,
	audit: auditRouter,
	tokens: tokensRouter,
};
