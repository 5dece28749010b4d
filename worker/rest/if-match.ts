/** The `version` of an API key as an ETag, and `If-Match`, which rejects changes to a version that is no longer current. */
import { z } from "zod";
import { AppError } from "../errors.ts";

const HEADER = "If-Match";

/** For the description of a route, which names headers in lower case. Handlers read {@link withExpectedVersion}. */
export const ifMatchHeaders = z.object({
	"if-match": z
		.string()
		.optional()
		.describe(
			'The `ETag` of the API key that the caller last saw, such as `"3"`. If the key has changed since, the request fails with `CONFLICT`. The same as `expected_version` in the body.',
		),
});

/** The header of a response that contains one API key. */
export const etagOf = ({ version }: { version: number }) => ({ ETag: `"${version}"` });

/** `W/` is accepted, because proxies that compress a response weaken its ETag. The version identifies the settings anyway. */
const ETAG = /^(?:W\/)?"([1-9]\d{0,8})"$/;

/** The version that the caller expects, from `If-Match`. Undefined: any. */
function versionIn(ifMatch: string | null): number | undefined {
	// `*` matches every version of a key that exists (RFC 9110, section 13.1.1).
	if (ifMatch === null || ifMatch.trim() === "*") return undefined;
	const version = ETAG.exec(ifMatch.trim())?.[1];
	if (version === undefined) throw invalid('Must be the ETag of the API key, such as "3"');
	return Number(version);
}

/** The input with the version that the caller expects, from the body or the header. */
export function withExpectedVersion<T extends { expected_version?: number | undefined }>(
	request: Request,
	input: T,
): T {
	const version = versionIn(request.headers.get(HEADER));
	if (version === undefined) return input;
	if (input.expected_version !== undefined && input.expected_version !== version)
		throw invalid("Must name the same version as expected_version");
	return { ...input, expected_version: version };
}

const invalid = (message: string) =>
	new AppError("VALIDATION_ERROR", `${HEADER}: ${message}`, { details: [{ field: HEADER, message }] });
