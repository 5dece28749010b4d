/** The scenarios that docs/scaling.md shows. */
import { type Lending, type Outcome, type Scenario, simulate } from "./simulation.ts";

/** The highest limit that a key can have. */
export const LIMIT = 1_000_000;
/** Requests per second and object: less than it can serve, so that queues stay short. */
const OFFERED_PER_OBJECT = 800;
const SEED = 20_260;

const LENDINGS: { title: string; lending: Lending }[] = [
	{ title: "blocks of 1,000", lending: { blocks: "fixed", recall: false } },
	{ title: "shrinking blocks", lending: { blocks: "shrinking", recall: false } },
	{ title: "shrinking, recalled", lending: { blocks: "shrinking", recall: true } },
];

type Choice = Pick<Scenario, "objects" | "halfFallsSilent"> & Lending;

function run({ halfFallsSilent, ...choice }: Choice): Outcome {
	// The other half gets all requests afterwards.
	const offered = choice.objects * OFFERED_PER_OBJECT * (halfFallsSilent ? 0.5 : 1);
	return simulate({ ...choice, halfFallsSilent, offered, limit: LIMIT, deaths: 0, seed: SEED });
}

/** Throughput by the number of objects, with shrinking blocks that can be recalled. */
export function scaling(): { objects: number; outcome: Outcome }[] {
	return [1, 2, 8, 32, 128].map((objects) => ({
		objects,
		outcome: run({ objects, halfFallsSilent: false, blocks: "shrinking", recall: true }),
	}));
}

/** The rest of the limit at the first refusal, for each way of lending. */
export function stranded(): { title: string; even: Outcome; silent: Outcome }[] {
	return LENDINGS.map(({ title, lending }) => ({
		title,
		even: run({ objects: 32, halfFallsSilent: false, ...lending }),
		silent: run({ objects: 32, halfFallsSilent: true, ...lending }),
	}));
}
