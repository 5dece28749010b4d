/** What queries of data points are made of. The columns come from the code that writes the data points. */
import { VERDICT_BLOBS, VERDICT_DOUBLES } from "../../worker/admission/verdict-columns.ts";

type Blob = (typeof VERDICT_BLOBS)[number];
type Double = (typeof VERDICT_DOUBLES)[number];

/** As `wrangler.toml` names it. */
export const DATASET = "salesos_api_keys_verdicts";

/** The column of a field: `blob1`, `double1`. */
export function column(field: Blob | Double): string {
	const blob = VERDICT_BLOBS.indexOf(field as Blob);
	return blob >= 0 ? `blob${blob + 1}` : `double${VERDICT_DOUBLES.indexOf(field as Double) + 1}`;
}

/** How many verdicts the data points stand for: Analytics Engine's own sampling times ours. */
export const COUNT = `sum(_sample_interval * ${column("weight")})`;
