/** A Worker that serves only requests with a SalesOS API key with the scope `leads:read`. */
import type { KeyVerifier } from "../../worker/verifier.ts";

interface Bindings {
	/** `{ "binding": "KEYS", "service": "salesos-api-keys", "entrypoint": "KeyVerifier" }` in this Worker's configuration. */
	KEYS: Service<KeyVerifier>;
}

export default {
	async fetch(request, env) {
		const key =
			request.headers.get("authorization")?.match(/^bearer +(\S+)$/i)?.[1] ?? request.headers.get("x-api-key");
		const verdict = await env.KEYS.verify(key, {
			scope: "leads:read",
			ip: request.headers.get("cf-connecting-ip") ?? undefined,
			endpoint: `${request.method} /report`,
			user_agent: request.headers.get("user-agent"),
		});
		const { headers } = verdict;
		if (!verdict.valid) return Response.json({ error: verdict.error }, { status: verdict.status, headers });
		const { tenant_id, environment } = verdict.api_key;
		return Response.json({ report: "…", tenant_id, environment }, { headers });
	},
} satisfies ExportedHandler<Bindings>;
