import type { TRPCRouterRecord } from "@trpc/server";
import { requirePlatform } from "../../auth/authorize.ts";
import {
	closePlatformSession,
	openPlatformSession,
	PLATFORM_SESSION_MS,
	platformCookie,
	platformTokenOf,
} from "../../auth/platform-session.ts";
import { platformOf } from "../../auth/principal.ts";
import { refuseForeignOrigin, requireOwnCookie } from "../../auth/same-origin.ts";
import { AppError, CHALLENGES } from "../../errors.ts";
import { platformLoginSchema, platformMeSchema, platformSessionSchema } from "../../schemas/platform.ts";
import { loggedOutSchema } from "../../schemas/session.ts";
import { toTimestamp, toTimestampOrNull } from "../../schemas/time.ts";
import { platformProcedure, publicProcedure } from "../procedures.ts";

/** Signing in to the operator's screens of the dashboard. */
export const platformRouter = {
	/** Opens a session of at most an hour, in a cookie. The key itself is kept nowhere. */
	login: publicProcedure
		.input(platformLoginSchema)
		.output(platformSessionSchema)
		.mutation(async ({ ctx, input }) => {
			const { request, deps, info, responseHeaders } = ctx;
			refuseForeignOrigin(request);
			const key = input.key.trim();
			const platform = platformOf(key, deps.config);
			if (!platform)
				throw new AppError("UNAUTHORIZED", "This is not the service_role key.", {
					challenge: CHALLENGES.none,
					event: "management_refused",
				});
			const token = await openPlatformSession(deps.db, key, info, info.now);
			responseHeaders.append("set-cookie", platformCookie(token));
			return { credential: platform.credential, expires_at: toTimestamp(info.now + PLATFORM_SESSION_MS) };
		}),

	/** Ends the session in the browser and on the server. Without a session it changes nothing. */
	logout: publicProcedure.output(loggedOutSchema).mutation(async ({ ctx }) => {
		const { request, deps, responseHeaders } = ctx;
		refuseForeignOrigin(request);
		requireOwnCookie(request);
		const token = platformTokenOf(request);
		responseHeaders.append("set-cookie", platformCookie(""));
		if (token === null) return { ended: false };
		await closePlatformSession(deps.db, token);
		return { ended: true };
	}),

	/** The caller. A program that sends the service_role key has no session, so nothing expires. */
	me: platformProcedure.output(platformMeSchema).query(async ({ ctx }) => {
		const { credential, expiresAt } = requirePlatform(await ctx.principal());
		return { credential, expires_at: toTimestampOrNull(expiresAt) };
	}),
} satisfies TRPCRouterRecord;
