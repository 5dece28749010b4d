/** The router's type without the types of the Worker behind it. */
import type { TRPC_ERROR_CODE_NUMBER, TRPCBuiltRouter, TRPCDecorateCreateRouterOptions } from "@trpc/server";
import type { ErrorData } from "../worker/trpc/errors.ts";
import type { routers } from "../worker/trpc/routers/index.ts";

interface ErrorShape {
	code: TRPC_ERROR_CODE_NUMBER;
	message: string;
	data: ErrorData;
}

/** For `inferRouterInputs` and `inferRouterOutputs` of `@trpc/server`. */
export type ClientRouter = TRPCBuiltRouter<
	{ ctx: object; meta: object; errorShape: ErrorShape; transformer: false },
	TRPCDecorateCreateRouterOptions<typeof routers>
>;
