/** Sets up tRPC: its context, its errors, and what routers are made of. */
import { initTRPC, TRPCError } from "@trpc/server";
import type { Permission } from "../../db/enums.ts";
import { AppError, ERRORS } from "../errors.ts";
import type { Context } from "./context.ts";
import { appErrorOf, errorData } from "./errors.ts";

/** A procedure declares the permission that it requires. */
const t = initTRPC
	.context<Context>()
	.meta<{ permission?: Permission }>()
	.create({
		// Defaults to on, because Workers set no NODE_ENV. It would put stacks into responses.
		isDev: false,
		errorFormatter({ shape, error, path, ctx }) {
			const known = appErrorOf(error, ctx?.request.method);
			return { ...shape, message: known.message, data: errorData(known, path, ctx?.info.requestId) };
		},
	});

export const router = t.router;

/** Gives our own errors the status of the table. */
export const procedure = t.procedure.use(async ({ next }) => {
	const result = await next();
	if (!result.ok && result.error.cause instanceof AppError) {
		const { cause } = result.error;
		throw new TRPCError({ code: ERRORS[cause.code].trpc, message: cause.message, cause });
	}
	return result;
});
