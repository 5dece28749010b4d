import type { TRPCRouterRecord } from "@trpc/server";
import { scopeList, scopeListSchema } from "../../schemas/api-key.ts";
import { permittedProcedure } from "../procedures.ts";

/** What keys may be allowed. */
export const scopesRouter = {
	/** The catalogue of scopes, with what each grants. */
	list: permittedProcedure("keys:read")
		.output(scopeListSchema)
		.query(() => scopeList),
} satisfies TRPCRouterRecord;
