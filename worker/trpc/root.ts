/** The router. The dashboard imports its type, and nothing else. */
import { router } from "./init.ts";
import { routers } from "./routers/index.ts";

export const appRouter = router(routers);
export type AppRouter = typeof appRouter;
