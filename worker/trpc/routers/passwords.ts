import type { TRPCRouterRecord } from "@trpc/server";
import { deviceOf } from "../../auth/device.ts";
import { openSessionOf } from "../../auth/principal.ts";
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
			const { request, signIn, info } = ctx;
			refuseForeignOrigin(request);
			const device = await deviceOf(request, signIn.config.jwt, info.now);
			const session = await openSessionOf(request, signIn, info);
			const loggedIn = await setPassword(signIn, { ...info, device, session }, input);
			await setSessionCookies(ctx, loggedIn, device);
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
		.mutation(async ({ ctx, input }) => {
			const device = await deviceOf(ctx.request, ctx.signIn.config.jwt, ctx.info.now);
			return changePassword(ctx.signIn, ctx.user, { ...ctx.info, device, session: null }, input);
		}),
} satisfies TRPCRouterRecord;
