/** Any Worker over D1 with instrumentation. `GET /counts` returns the counts and resets them. */
// The bench puts the Worker and the instrumentation beside this module under these names.

import * as worker from "./index.js";
import { countD1, takeCounts } from "./instrumentation.ts";

export default {
	fetch(request, env, ctx) {
		if (request.url.endsWith("/counts")) return Response.json(takeCounts());
		countD1(env.DB);
		return worker.default.fetch(request, env, ctx);
	},
} satisfies ExportedHandler<{ DB: D1Database }>;
