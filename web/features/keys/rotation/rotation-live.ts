/** The two keys of a rotation, refetched while the page is visible. */
import { useQuery } from "@tanstack/solid-query";
import { createMemo } from "solid-js";
import { type Problem, problemOf } from "../../../api/problem.ts";
import { dataOf, keyQuery } from "../../../api/queries.ts";
import type { ApiKeyDetail } from "../../../api/types.ts";
import { useNow } from "../../../time.tsx";
import { type FirstUse, firstUseOf, isUnderWay, type Stage, stageOf } from "./rotation.ts";

/** How often the keys are refetched. */
const REFETCH_MS = 2_000;

type Loaded =
	| { kind: "loading" }
	| { kind: "found"; key: ApiKeyDetail }
	/** Unknown or deleted. */
	| { kind: "gone" }
	| { kind: "failed"; problem: Problem };

function loadedOf(query: {
	readonly isPending: boolean;
	readonly data: ApiKeyDetail | undefined;
	readonly error: Error | null;
}): Loaded {
	const problem = query.error === null ? null : problemOf(query.error);
	if (problem?.code === "NOT_FOUND") return { kind: "gone" };
	const key = dataOf(query);
	if (key) return { kind: "found", key };
	return problem ? { kind: "failed", problem } : { kind: "loading" };
}

const keyIn = (loaded: Loaded): ApiKeyDetail | null => (loaded.kind === "found" ? loaded.key : null);

/** The current state of the rotation of the key `id`. */
export function useRotation(id: string) {
	const now = useNow(1_000);
	const watched = (other: string | null) => ({
		...keyQuery(other ?? ""),
		enabled: other !== null,
		// Keys that have ended or are gone do not change. After other errors the person can retry.
		refetchInterval: ({ state }: { state: { data: ApiKeyDetail | undefined; error: Error | null } }) =>
			state.data?.status === "active" && (!state.error || problemOf(state.error).code !== "NOT_FOUND")
				? REFETCH_MS
				: (false as const),
	});

	const oldQuery = useQuery(() => watched(id));
	const oldLoaded = createMemo(() => loadedOf(oldQuery));
	const old = () => keyIn(oldLoaded());

	const successorId = createMemo(() => old()?.rotated_to ?? null);
	const successorQuery = useQuery(() => watched(successorId()));
	const successorLoaded = createMemo(() => loadedOf(successorQuery));
	const successor = () => (successorId() === null ? null : keyIn(successorLoaded()));

	const predecessorId = createMemo(() => (old()?.rotated_to === null ? (old()?.rotated_from ?? null) : null));
	const predecessorQuery = useQuery(() => ({ ...keyQuery(predecessorId() ?? ""), enabled: predecessorId() !== null }));
	const predecessorLoaded = createMemo(() => loadedOf(predecessorQuery));

	/** Everything that has to be loaded to know the stage. */
	const needed = (): Loaded[] => [
		oldLoaded(),
		...(successorId() === null ? [] : [successorLoaded()]),
		...(predecessorId() === null ? [] : [predecessorLoaded()]),
	];
	const stage = createMemo<Stage | null>((previous) => {
		const key = old();
		// A new successor has to load first. Until then the screen stays as it is.
		if (!key || needed().some(({ kind }) => kind === "loading" || kind === "failed")) return previous;
		return stageOf(key, successor(), now());
	}, null);
	return {
		now,
		old,
		successor,
		/** Null until loaded. */
		stage,
		isGone: () => oldLoaded().kind === "gone",
		/** Why the rotation could not be loaded. */
		problem: () => {
			for (const loaded of needed()) if (loaded.kind === "failed") return loaded.problem;
			return null;
		},
		retry: () => {
			for (const query of [oldQuery, successorQuery, predecessorQuery]) if (query.isError) void query.refetch();
		},
		/** The predecessor, if its rotation to this key is still under way. */
		underWay: createMemo(() => {
			const key = old();
			const predecessor = predecessorId() === null ? null : keyIn(predecessorLoaded());
			return key && isUnderWay(key, predecessor, now()) ? predecessor.id : null;
		}),
		/** Whether the screen is up to date. */
		isLive: () =>
			[oldQuery, successorQuery].every((query) => query.failureCount === 0 && query.fetchStatus !== "paused"),
		firstUse: createMemo<FirstUse | undefined>((before) => {
			const key = successor();
			return key ? firstUseOf(before, key) : before;
		}),
	};
}

export type RotationView = ReturnType<typeof useRotation>;
