/** The two keys of a rotation, watched while the page is. */
import { useQuery } from "@tanstack/solid-query";
import { createMemo } from "solid-js";
import type { ApiKeyDetail } from "../../../../worker/schemas/api-key.ts";
import { loaded } from "../../../api/loaded.ts";
import { type Problem, problemOf } from "../../../api/problem.ts";
import { keyQuery } from "../../../api/queries.ts";
import { useNow } from "../../../now.ts";
import { isUnderWay, type Stage, stageOf, type Witness, witness } from "./rotation.ts";

/** How often the keys are looked at. */
const LIVE_MS = 2_000;

type Look =
	| { kind: "loading" }
	| { kind: "found"; key: ApiKeyDetail }
	/** Unknown, or deleted since. */
	| { kind: "gone" }
	| { kind: "failed"; problem: Problem };

function look(query: {
	readonly isPending: boolean;
	readonly data: ApiKeyDetail | undefined;
	readonly error: Error | null;
}): Look {
	const problem = query.error === null ? null : problemOf(query.error);
	if (problem?.code === "NOT_FOUND") return { kind: "gone" };
	const key = loaded(query);
	if (key) return { kind: "found", key };
	return problem ? { kind: "failed", problem } : { kind: "loading" };
}

const keyIn = (seen: Look): ApiKeyDetail | null => (seen.kind === "found" ? seen.key : null);

/** The rotation of the key `id`, as it is on the server at this moment. */
export function useRotation(id: string) {
	const now = useNow(1_000);
	const watched = (other: string | null) => ({
		...keyQuery(other ?? ""),
		enabled: other !== null,
		// A key that has ended stays so, and one that is gone, too. One that cannot be had is asked for again by hand.
		refetchInterval: ({ state }: { state: { data: ApiKeyDetail | undefined; error: Error | null } }) =>
			state.data?.status === "active" && (!state.error || problemOf(state.error).code !== "NOT_FOUND")
				? LIVE_MS
				: (false as const),
	});

	const oldQuery = useQuery(() => watched(id));
	const oldSeen = createMemo(() => look(oldQuery));
	const old = () => keyIn(oldSeen());

	const successorId = createMemo(() => old()?.rotated_to ?? null);
	const successorQuery = useQuery(() => watched(successorId()));
	const successorSeen = createMemo(() => look(successorQuery));
	const successor = () => (successorId() === null ? null : keyIn(successorSeen()));

	const predecessorId = createMemo(() => (old()?.rotated_to === null ? (old()?.rotated_from ?? null) : null));
	const predecessorQuery = useQuery(() => ({ ...keyQuery(predecessorId() ?? ""), enabled: predecessorId() !== null }));
	const predecessorSeen = createMemo(() => look(predecessorQuery));

	/** What has to be known before anything can be said. */
	const needed = (): Look[] => [
		oldSeen(),
		...(successorId() === null ? [] : [successorSeen()]),
		...(predecessorId() === null ? [] : [predecessorSeen()]),
	];
	const stage = createMemo<Stage | null>((before) => {
		const key = old();
		// When a successor appears it is unknown for a moment: what is on the screen stays until then.
		if (!key || needed().some(({ kind }) => kind === "loading" || kind === "failed")) return before;
		return stageOf(key, successor(), now());
	}, null);
	return {
		now,
		old,
		successor,
		/** Null until it is known. */
		stage,
		isGone: () => oldSeen().kind === "gone",
		/** Why nothing can be shown. */
		problem: () => {
			for (const seen of needed()) if (seen.kind === "failed") return seen.problem;
			return null;
		},
		retry: () => {
			for (const query of [oldQuery, successorQuery, predecessorQuery]) if (query.isError) void query.refetch();
		},
		/** The id of the key whose rotation led here and is not over; null where there is none. */
		underWay: createMemo(() => {
			const key = old();
			const predecessor = predecessorId() === null ? null : keyIn(predecessorSeen());
			return key && isUnderWay(key, predecessor, now()) ? predecessor.id : null;
		}),
		/** What is shown is as it is on the server. */
		isLive: () =>
			[oldQuery, successorQuery].every((query) => query.failureCount === 0 && query.fetchStatus !== "paused"),
		witness: createMemo<Witness | undefined>((before) => {
			const key = successor();
			return key ? witness(before, key) : before;
		}),
	};
}

export type RotationView = ReturnType<typeof useRotation>;
