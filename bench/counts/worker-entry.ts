/** Any Worker over D1 with counting underneath. `GET /counts` tells and forgets. */
// Beside this module stand the Worker and the counting, by these names.
import { countD1, takeCounts } from "./counting.ts";
import * as worker from "./index.js";

export default {
	fetch(request, env, ctx) {
		if (request.url.endsWith("/counts")) return Response.json(takeCounts());
		countD1(env.DB);
		return worker.default.fetch(request, env, ctx);
	},
} satisfies ExportedHandler<{ DB: D1Database }>;
