/** The service as built, with counting underneath. `GET /counts` tells and forgets. */
// Beside this module stand the built service and the counting, by these names.
import { countAlarm, countD1, countStorage, countTimers, takeCounts } from "./counting.ts";
import * as service from "./index.js";

countTimers();

export class KeyGate extends service.KeyGate {
	constructor(ctx: DurableObjectState, env: { DB: D1Database }) {
		countStorage(ctx.storage);
		countD1(env.DB);
		super(ctx, env);
	}

	override alarm(): Promise<void> {
		countAlarm();
		return super.alarm();
	}
}

export default {
	fetch(request, env, ctx) {
		if (request.url.endsWith("/counts")) return Response.json(takeCounts());
		countD1(env.DB);
		return service.default.fetch(request, env, ctx);
	},
} satisfies ExportedHandler<{ DB: D1Database }>;
