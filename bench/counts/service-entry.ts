/** The built service with instrumentation. `GET /counts` returns the counts and resets them. */
// The bench puts the built service and the instrumentation beside this module under these names.

import * as service from "./index.js";
import { countAlarm, countD1, countStorage, countTimers, takeCounts } from "./instrumentation.ts";

export { PasswordHasher } from "./index.js";

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
