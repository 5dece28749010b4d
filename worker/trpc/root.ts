/** The router. The dashboard imports only its type. */
import { router } from "./init.ts";
import { routers } from "./routers/index.ts";

export const appRouter = router(routers);
export type AppRouter = typeof appRouter;
