/** Makes the first company over the API of the new service, and gets the one-time link of its owner. */
import type { SetupOptions } from "./options.ts";
import type { Api } from "./smoke-test.ts";

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
