/** The peer over D1, in the same runtime as the service. `POST` makes it ready and answers the key. */
import { createAuth, prepare, verify } from "./better-auth.ts";

interface PeerBindings {
	DB: D1Database;
	SECRET: string;
}

/** One instance for the isolate, as its documentation has it: to make one takes much longer than to verify. */
let auth: ReturnType<typeof createAuth> | undefined;

export default {
	async fetch(request, env) {
		auth ??= createAuth(env.DB, env.SECRET);
		if (request.method === "POST") return new Response(await prepare(auth));
		const { status, body } = await verify(auth, request.headers.get("authorization"));
		return Response.json(body, { status });
	},
} satisfies ExportedHandler<PeerBindings>;
