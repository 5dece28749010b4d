/** What can be done in a rotation: the first successor, and another one in place of one that is lost. */
import { useQueryClient } from "@tanstack/solid-query";
import type { ApiKey, ApiKeyDetail } from "../../../../worker/schemas/api-key.ts";
import { HOUR_MS } from "../../../../worker/schemas/time.ts";
import { createAction } from "../../../api/action.ts";
import { keyChanged } from "../../../api/cache.ts";
import { api } from "../../../api/client.ts";
import { problemOf } from "../../../api/problem.ts";
import { keyQuery } from "../../../api/queries.ts";
import { t } from "../../../i18n/index.ts";
import { notify } from "../../../ui/toast.tsx";
import type { IssuedKey } from "../reveal/reveal-dialog.tsx";
import { guardLeaving } from "../reveal/reveal-guard.ts";
import { ownUse } from "./rotation.ts";
import { lifeToRepeat, type RotationChoice } from "./rotation-plan.ts";

type Rotated = Awaited<ReturnType<typeof api.keys.rotate.mutate>>;

/** `onIssued` gets a new key, once. */
export function useRotationActions(oldId: string, onIssued: (issued: IssuedKey) => void) {
	const client = useQueryClient();

	const take = ({ key: secret, api_key, previous }: Rotated) => {
		onIssued({ secret, apiKey: api_key });
		// Nothing can have happened to a key that nobody has yet.
		client.setQueryData(keyQuery(api_key.id).queryKey, untouched(api_key));
		keyChanged(client, previous);
	};

	/** "made": somebody else has just made a successor. A second one would push the first aside, and leave it working. */
	const unlessMade = async (known: string | null, rotate: () => Promise<Rotated>): Promise<Rotated | "made"> => {
		try {
			return await rotate();
		} catch (error) {
			if (problemOf(error).code !== "CONFLICT") throw error;
			const { status, rotated_to } = await api.keys.get.query({ id: oldId });
			if (status === "revoked" || rotated_to === known) throw error;
			return "made";
		}
	};

	const create = createAction(async (choice: RotationChoice): Promise<Rotated | "made"> => {
		return unlessMade(null, () => api.keys.rotate.mutate({ id: oldId, ...choice, expected_rotated_to: null }));
	});

	/**
	 * Ends the successor first: whatever fails after that leaves a rotation without successor, which the page knows how to
	 * go on with, and never a key that works and belongs to nobody. "used": it was used after all, and nothing was done.
	 */
	const replace = createAction(async (old: ApiKey, last: ApiKeyDetail | null): Promise<Rotated | "used" | "made"> => {
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
		return unlessMade(known, () => api.keys.rotate.mutate({ id: oldId, ...life, expected_rotated_to: known }));
	});

	const lookAgain = (...ids: string[]) => {
		for (const id of ids) void client.invalidateQueries({ queryKey: keyQuery(id).queryKey });
	};

	// The only copy of a key is on its way here.
	guardLeaving(
		() => create.busy() || replace.busy(),
		() => {},
	);

	return {
		busy: () => create.busy() || replace.busy(),
		/** What went wrong last. */
		problem: () => create.problem() ?? replace.problem(),
		reset: () => {
			create.reset();
			replace.reset();
		},
		/** Makes the first successor. */
		async create(choice: RotationChoice): Promise<void> {
			const rotated = await create.run(choice);
			if (rotated && rotated !== "made") return take(rotated);
			if (rotated === "made") notify(t().rotate.create.alreadyMade);
			lookAgain(oldId);
		},
		/** Makes another successor, unless none is needed after all; `last` is the one before. False if it failed. */
		async replace(old: ApiKey, last: ApiKeyDetail | null): Promise<boolean> {
			const rotated = await replace.run(old, last);
			if (rotated === "used") notify(t().rotate.another.usedMeanwhile);
			else if (rotated === "made") notify(t().rotate.create.alreadyMade);
			else if (rotated) take(rotated);
			if (rotated === undefined || rotated === "made") lookAgain(oldId, ...(last ? [last.id] : []));
			return rotated !== undefined;
		},
	};
}

export type RotationActions = ReturnType<typeof useRotationActions>;

/** A key of this moment, as it would be read from the server. */
function untouched(key: ApiKey): ApiKeyDetail {
	const { rate_limit: limit } = key;
	const resetsAt = (Math.floor(Date.parse(key.created_at) / HOUR_MS) + 1) * HOUR_MS;
	return {
		...key,
		current_hour: { used: 0, limit, remaining: limit, resets_at: new Date(resetsAt).toISOString() },
		recent_callers: [],
	};
}
