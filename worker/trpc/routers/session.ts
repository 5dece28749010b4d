import type { TRPCRouterRecord } from "@trpc/server";
import { refuseForeignOrigin, requireOwnCookie } from "../../auth/same-origin.ts";
import { sessionCookie } from "../../auth/session.ts";
import { AppError } from "../../errors.ts";
import { dashboardOrigin } from "../../http/dashboard-page.ts";
import { loggedInSchema, loginSchema, meSchema, signedOutSchema, signInOptionsSchema } from "../../schemas/session.ts";
import { logIn, logOut, whoAmI } from "../../services/session.ts";
import { publicProcedure, userProcedure } from "../procedures.ts";
import { setSessionCookies } from "../session-cookies.ts";
import { visitorOf } from "../visitor.ts";

/** Signing in to the dashboard. */
export const sessionRouter = {
	/** Opens a session: sets the cookie, and returns the token for callers that are not browsers. */
	login: publicProcedure
		.input(loginSchema)
		.output(loggedInSchema)
		.mutation(async ({ ctx, input }) => {
			refuseForeignOrigin(ctx.request);
			const visitor = await visitorOf(ctx);
			const loggedIn = await logIn(ctx.signIn, visitor, input);
			await setSessionCookies(ctx, loggedIn, visitor.device);
			return loggedIn;
		}),

	/** How people can sign in, for the form. */
	options: publicProcedure.output(signInOptionsSchema).query(({ ctx }) => {
		const { passwordSignIn, openid } = ctx.deps.config;
		return { password: passwordSignIn, provider: openid && { name: openid.name } };
	}),

	/** Ends the session in the browser and on the server. Without a session it changes nothing. */
	logout: publicProcedure.output(signedOutSchema).mutation(async ({ ctx }) => {
		// The browser obeys the cookie of the response even if it sent none, so pages of other sites must not call this.
		refuseForeignOrigin(ctx.request);
		requireOwnCookie(ctx.request);
		const principal = await ctx.principal().catch((thrown: unknown) => {
			if (thrown instanceof AppError && thrown.status < 500) return null;
			throw thrown;
		});
		ctx.responseHeaders.append("set-cookie", sessionCookie("", 0));
		if (principal?.kind !== "user" || principal.sessionId === null) return { ended: false, provider_url: null };
		await logOut(ctx.deps, principal, ctx.info);
		const { openid } = ctx.deps.config;
		if (openid === null || !principal.atProvider) return { ended: true, provider_url: null };
		const returnTo = `${dashboardOrigin(ctx.request, ctx.deps.config)}/sign-in`;
		const { endSessionUrl } = await import("../../auth/openid.ts");
		return { ended: true, provider_url: (await endSessionUrl(openid, returnTo, ctx.info.now))?.href ?? null };
	}),

	/** Who the caller is, in which tenant, and what they may do. */
	me: userProcedure.output(meSchema).query(({ ctx }) => whoAmI(ctx.deps, ctx.user)),
} satisfies TRPCRouterRecord;
