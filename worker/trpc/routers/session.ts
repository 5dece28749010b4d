import type { TRPCRouterRecord } from "@trpc/server";
import { authorOf } from "../../auth/authorize.ts";
import { requireOwnCookie } from "../../auth/principal.ts";
import { refuseForeignOrigin } from "../../auth/same-origin.ts";
import { SESSION_MS, sessionCookie } from "../../auth/session.ts";
import { AppError } from "../../errors.ts";
import { loggedInSchema, loggedOutSchema, loginSchema, meSchema } from "../../schemas/session.ts";
import { logIn, logOut, whoAmI } from "../../services/session.ts";
import { publicProcedure, userProcedure } from "../procedures.ts";

/** Signing in to the dashboard. */
export const sessionRouter = {
	/** Opens a session: sets the cookie, and returns the token for callers that are no browser. */
	login: publicProcedure
		.input(loginSchema)
		.output(loggedInSchema)
		.mutation(async ({ ctx, input }) => {
			refuseForeignOrigin(ctx.request);
			const loggedIn = await logIn(ctx.deps, ctx.info, input);
			ctx.responseHeaders.append("set-cookie", sessionCookie(loggedIn.token, SESSION_MS / 1_000));
			return loggedIn;
		}),

	/** Ends the session here and on the server. Whoever has none is logged out already. */
	logout: publicProcedure.output(loggedOutSchema).mutation(async ({ ctx }) => {
		// The browser would obey the answer's cookie even where it sent none, so no foreign page may ask for it.
		refuseForeignOrigin(ctx.request);
		requireOwnCookie(ctx.request);
		const principal = await ctx.principal().catch((thrown: unknown) => {
			if (thrown instanceof AppError && thrown.status < 500) return null;
			throw thrown;
		});
		ctx.responseHeaders.append("set-cookie", sessionCookie("", 0));
		if (principal?.kind !== "user" || principal.sessionId === null) return { ended: false };
		await logOut(ctx.deps, authorOf(principal, ctx.info), principal.sessionId);
		return { ended: true };
	}),

	/** Who the caller is, in which tenant, and what they may do. */
	me: userProcedure.output(meSchema).query(({ ctx }) => whoAmI(ctx.deps, ctx.user)),
} satisfies TRPCRouterRecord;
