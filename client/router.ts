/** The procedures as a client sees them: what goes in and comes out, and nothing of the Worker behind them. */
import type { TRPC_ERROR_CODE_NUMBER, TRPCBuiltRouter, TRPCDecorateCreateRouterOptions } from "@trpc/server";
import type { ErrorData } from "../worker/trpc/error-data.ts";
import type { routers } from "../worker/trpc/routers/index.ts";

interface ErrorShape {
	code: TRPC_ERROR_CODE_NUMBER;
	message: string;
	data: ErrorData;
}

/** The type of the router, for `inferRouterInputs` and `inferRouterOutputs` too. */
export type ClientRouter = TRPCBuiltRouter<
	{ ctx: object; meta: object; errorShape: ErrorShape; transformer: false },
	TRPCDecorateCreateRouterOptions<typeof routers>
>;
