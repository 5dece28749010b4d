import type { TRPCRouterRecord } from "@trpc/server";
import { refuseForeignOrigin } from "../../auth/same-origin.ts";
import {
	changePasswordSchema,
	forgotPasswordSchema,
	linkDetailsSchema,
	passwordChangedSchema,
	passwordForgottenSchema,
	readLinkSchema,
	setPasswordSchema,
} from "../../schemas/password.ts";
import { loggedInSchema } from "../../schemas/session.ts";
import { changePassword, forgetPassword, readLink, setPassword } from "../../services/passwords.ts";
import { accountProcedure, publicProcedure } from "../procedures.ts";
import { setSessionCookies } from "../session-cookies.ts";
import { visitorOf } from "../visitor.ts";

/** Passwords of people who sign in to the dashboard. */
export const passwordsRouter = {
	/** Whose link it is. A mutation, so that the secret is in the body and in no URL. Changes nothing. */
	readLink: publicProcedure
		.input(readLinkSchema)
		.output(linkDetailsSchema)
		.mutation(({ ctx, input }) => {
			refuseForeignOrigin(ctx.request);
			return readLink(ctx.deps, input.secret);
		}),

	/** Sets the password of the person whom the link is for, and signs them in. The link then no longer works. */
	set: publicProcedure
		.input(setPasswordSchema)
		.output(loggedInSchema)
		.mutation(async ({ ctx, input }) => {
			refuseForeignOrigin(ctx.request);
			const visitor = await visitorOf(ctx);
			const loggedIn = await setPassword(ctx.signIn, visitor, input);
			await setSessionCookies(ctx, loggedIn, visitor.device);
			return loggedIn;
		}),

	/** Mails a link for a new password. The response is the same for every email. */
	forgot: publicProcedure
		.input(forgotPasswordSchema)
		.output(passwordForgottenSchema)
		.mutation(({ ctx, input }) => {
			refuseForeignOrigin(ctx.request);
			return forgetPassword(ctx.deps, ctx.links, ctx.info, input.email, ctx.later);
		}),

	/** Changes the caller's password. Their other sessions end. */
	change: accountProcedure
		.input(changePasswordSchema)
		.output(passwordChangedSchema)
		.mutation(async ({ ctx, input }) => changePassword(ctx.signIn, ctx.user, await visitorOf(ctx), input)),
} satisfies TRPCRouterRecord;
