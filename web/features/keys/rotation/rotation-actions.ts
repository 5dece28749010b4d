/** The actions of a rotation: create the successor, or replace a successor that was lost. */
import { useQueryClient } from "@tanstack/solid-query";
import { HOUR_MS } from "../../../../worker/schemas/time.ts";
import { createAction } from "../../../api/action.ts";
import { keyChanged } from "../../../api/cache.ts";
import { api } from "../../../api/client.ts";
import { problemOf } from "../../../api/problem.ts";
import { keyQuery } from "../../../api/queries.ts";
import type { ApiKey, ApiKeyDetail, Rotated, RotateInput } from "../../../api/types.ts";
import { t } from "../../../i18n/index.ts";
import { notify } from "../../../ui/toast.tsx";
import { createdEarlierOf, createOnce } from "../form/once.ts";
import type { IssuedKey } from "../reveal/reveal-dialog.tsx";
import { guardLeaving } from "../reveal/reveal-guard.ts";
import { ownUse } from "./rotation.ts";
import { lifeToRepeat, type RotationChoice } from "./rotation-plan.ts";

/** `onIssued` receives each new key once. */
export function useRotationActions(oldId: string, onIssued: (issued: IssuedKey) => void) {
	const client = useQueryClient();
	const once = createOnce();

	const take = ({ key, secret, api_key, previous }: Rotated) => {
		onIssued({ secret: key, signingSecret: secret, apiKey: api_key });
		// Nothing can have happened yet to a key that no one has.
		client.setQueryData(keyQuery(api_key.id).queryKey, unusedDetail(api_key));
		keyChanged(client, previous);
	};

	/** "created": another person has just created a successor. A second one would replace it and leave it working. */
	const unlessCreated = async (known: string | null, input: RotateInput): Promise<Rotated | "created" | "lost"> => {
		try {
			const rotated = await api.keys.rotate.mutate({ ...input, idempotency_key: once.keyFor(input) });
			once.forget();
			return rotated;
		} catch (error) {
			if (createdEarlierOf(error)) {
				once.forget();
				return "lost";
			}
			if (problemOf(error).code !== "CONFLICT") throw error;
			const { status, rotated_to } = await api.keys.get.query({ id: oldId });
			if (status === "revoked" || rotated_to === known) throw error;
			return "created";
		}
	};

	const create = createAction(async (choice: RotationChoice): Promise<Rotated | "created" | "lost"> => {
		return unlessCreated(null, { id: oldId, ...choice, expected_rotated_to: null });
	});

	/**
	 * Revokes the lost successor first. If a later step fails, the rotation has no successor, which the page can continue
	 * from. The other order could leave a working key that no one has. "used": the successor was used, so nothing was done.
	 */
	const replace = createAction(
		async (old: ApiKey, last: ApiKeyDetail | null): Promise<Rotated | "used" | "created" | "lost"> => {
			if (last?.status === "active") {
				const fresh = await api.keys.get.query({ id: last.id });
				client.setQueryData(keyQuery(last.id).queryKey, fresh);
				if (ownUse(fresh)) return "used";
				const reason = t().rotate.another.reason;
				keyChanged(client, await api.keys.revoke.mutate({ id: last.id, reason }));
			}
			const days = last ? lifeToRepeat(last, old) : undefined;
			const life = days === undefined ? {} : { expires_in_days: days };
			const known = old.rotated_to;
			return unlessCreated(known, { id: oldId, ...life, expected_rotated_to: known });
		},
	);

	const refetch = (...ids: string[]) => {
		for (const id of ids) void client.invalidateQueries({ queryKey: keyQuery(id).queryKey });
	};

	// The response will carry the only copy of a key.
	guardLeaving(
		() => create.busy() || replace.busy(),
		() => {},
	);

	return {
		busy: () => create.busy() || replace.busy(),
		/** What went wrong in the last action. */
		problem: () => create.problem() ?? replace.problem(),
		reset: () => {
			create.reset();
			replace.reset();
		},
		/** Creates the first successor. */
		async create(choice: RotationChoice): Promise<void> {
			const rotated = await create.run(choice);
			if (rotated === "created") notify(t().rotate.create.alreadyMade);
			else if (rotated === "lost") notify(t().rotate.create.lost, { failed: true });
			else if (rotated) return take(rotated);
			refetch(oldId);
		},
		/** Replaces the successor `last`, unless it turns out to be in use. False if it failed. */
		async replace(old: ApiKey, last: ApiKeyDetail | null): Promise<boolean> {
			const rotated = await replace.run(old, last);
			if (rotated === "used") notify(t().rotate.another.usedMeanwhile);
			else if (rotated === "created") notify(t().rotate.create.alreadyMade);
			else if (rotated === "lost") notify(t().rotate.create.lost, { failed: true });
			else if (rotated) take(rotated);
			if (rotated === undefined || rotated === "created" || rotated === "lost")
				refetch(oldId, ...(last ? [last.id] : []));
			return rotated !== undefined;
		},
	};
}

export type RotationActions = ReturnType<typeof useRotationActions>;

/** A key that was just created, as the service would return it. */
function unusedDetail(key: ApiKey): ApiKeyDetail {
	const { rate_limit: limit } = key;
	const resetsAt = (Math.floor(Date.parse(key.created_at) / HOUR_MS) + 1) * HOUR_MS;
	return {
		...key,
		current_hour: { used: 0, limit, remaining: limit, resets_at: new Date(resetsAt).toISOString() },
		recent_callers: [],
	};
}
