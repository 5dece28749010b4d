/** All procedures. The dashboard and the typed client import the type, and nothing else. */

import { scopeList, scopeListSchema } from "../schemas/api-key.ts";
import { auditListSchema, listAuditSchema } from "../schemas/audit.ts";
import { listAudit } from "../services/audit.ts";
import { router } from "./init.ts";
import { manageProcedure } from "./procedures.ts";
import { keysRouter } from "./routers/keys.ts";
import { sessionRouter } from "./routers/session.ts";
import { tenantsRouter } from "./routers/tenants.ts";

export const appRouter = router({
	session: sessionRouter,
	keys: keysRouter,
	tenants: tenantsRouter,
	scopes: {
		/** The catalogue of scopes, with what each grants. */
		list: manageProcedure.output(scopeListSchema).query(() => scopeList),
	},
	audit: {
		/** Who did what to which key, when and from where; newest first. */
		list: manageProcedure
			.input(listAuditSchema.prefault({}))
			.output(auditListSchema)
			.query(({ ctx, input }) => listAudit(ctx.deps, ctx.author.tenantId, input)),
	},
});
export type AppRouter = typeof appRouter;
