import type { TRPCRouterRecord } from "@trpc/server";
import { auditListSchema, listAuditSchema } from "../../schemas/audit.ts";
import { listAudit } from "../../services/audit.ts";
import { permittedProcedure } from "../procedures.ts";

/** The audit trail of a tenant. */
export const auditRouter = {
	/** Who did what to which key, when and from where; newest first. */
	list: permittedProcedure("audit:read")
		.input(listAuditSchema.prefault({}))
		.output(auditListSchema)
		.query(({ ctx, input }) => listAudit(ctx.deps, ctx.author.tenantId, input)),
} satisfies TRPCRouterRecord;
