/** Makes the first company over the API of the new service, and gets the one-time link of its owner. */
import type { SetupOptions } from "./options.ts";

/** A new host name and its certificate take up to some minutes. */
const ATTEMPTS = 40;
const PAUSE_MS = 5_000;

export interface Api {
	fetch: typeof fetch;
	wait: (ms: number) => Promise<unknown>;
}

/** Waits until the service responds. Throws if it doesn't within a few minutes. */
export async function untilReachable(publicUrl: string, { fetch, wait }: Api): Promise<void> {
	let reason = "";
	for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
		if (attempt > 0) await wait(PAUSE_MS);
		try {
			const { status } = await fetch(`${publicUrl}/healthz`, { signal: AbortSignal.timeout(10_000) });
			if (status === 200) return;
			reason = `status ${status}`;
		} catch (thrown) {
			reason = thrown instanceof Error ? thrown.message : String(thrown);
		}
	}
	throw new Error(
		`${publicUrl}/healthz does not respond (${reason}). Check the host name in Cloudflare, then run this again.`,
	);
}

/**
 * The owner's link; null if the owner has used one already. A repetition creates nothing: its key is derived from the
 * company's short name.
 */
export async function firstOwnerLink(
	{ publicUrl, tenant, owner }: Pick<SetupOptions, "publicUrl" | "tenant" | "owner">,
	serviceRoleKey: string,
	{ fetch }: Api,
): Promise<string | null> {
	const response = await fetch(`${publicUrl}/v1/tenants`, {
		method: "POST",
		headers: {
			authorization: `Bearer ${serviceRoleKey}`,
			"content-type": "application/json",
			"idempotency-key": `setup-production-${tenant.slug}`,
		},
		body: JSON.stringify({ ...tenant, owner }),
		// A redirect would carry the credential to another host.
		redirect: "error",
	});
	// The shape of REST (docs/rest.md). What is missing is reported below.
	const body = (await response.json().catch(() => ({}))) as {
		data?: { owner?: { link?: { url?: string } | null } | null };
		error?: { message?: string };
	};
	if (!response.ok)
		throw new Error(`The company could not be created: ${body.error?.message ?? `status ${response.status}`}`);
	if (!body.data?.owner)
		throw new Error("The service has created the company without its owner. Deploy the current release.");
	return body.data.owner.link?.url ?? null;
}
