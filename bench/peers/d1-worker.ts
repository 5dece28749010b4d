/** The peer over D1, in the same runtime as the service. `POST` creates its tables and returns a key. */
import { createAuth, prepare, verify } from "./better-auth.ts";

interface PeerBindings {
	DB: D1Database;
	SECRET: string;
}

/** One instance per isolate, as its documentation recommends: creating one takes much longer than a verification. */
let auth: ReturnType<typeof createAuth> | undefined;

export default {
	async fetch(request, env) {
		auth ??= createAuth(env.DB, env.SECRET);
		if (request.method === "POST") return new Response(await prepare(auth));
		const { status, body } = await verify(auth, request.headers.get("authorization"));
		return Response.json(body, { status });
	},
} satisfies ExportedHandler<PeerBindings>;
