/**
 * Signs a request in the browser and sends it to this origin. The secret is a parameter and part of no result, so it stays
 * where the person pasted it.
 */
import { type SignedParts, signedParts } from "../../../client/sign.ts";
import { causeOf, type RefusalCause } from "./refusal-cause.ts";

/** Mistakes that integrations make, to see how the service refuses each. */
export const MISTAKES = ["none", "body", "path", "time"] as const;
export type Mistake = (typeof MISTAKES)[number];

export interface CallToSign {
	key: string;
	secret: string;
	method: string;
	/** With its query, as the browser sends it. */
	path: string;
	/** Null: no body. */
	body: string | null;
	mistake: Mistake;
	/** The timestamp to sign, in Unix seconds. */
	at: number;
}

export interface Outcome {
	parts: SignedParts;
	/** The headers that were sent, each as a line. */
	headers: string[];
	/** Null: there was no response. */
	response: { status: number; headers: string[]; body: string; cause: RefusalCause | null } | null;
}

/** An outdated timestamp is further than this from the time of the service, which accepts 30 seconds. */
const OUTDATED_SECONDS = 120;

/** Other headers are the same on every response and say nothing about this one. */
const SHOWN_HEADERS =
	/^(content-type|location|ratelimit|ratelimit-policy|retry-after|www-authenticate|x-ratelimit-.*|x-request-id)$/;

/** Max characters of a response that are shown. */
const SHOWN_MAX = 20_000;

export async function sendSigned(call: CallToSign): Promise<Outcome> {
	const { key, secret, method, path, body, mistake, at } = call;
	const [pathname = "", query = ""] = path.split(/(?=\?)/);
	const { parts, authorization } = await signedParts({
		key,
		secret,
		method,
		path: mistake === "path" ? `${pathname}/${query}` : path,
		body: mistake === "body" ? "" : (body ?? ""),
		timestamp: at - (mistake === "time" ? OUTDATED_SECONDS : 0),
	});
	const headers = { Authorization: authorization, ...(body === null ? {} : { "Content-Type": "application/json" }) };
	const sent = { parts, headers: Object.entries(headers).map(([name, value]) => `${name}: ${value}`) };
	try {
		// Without the session's cookie: the signature alone is the credential, as in an integration.
		const response = await fetch(path, {
			method,
			headers,
			body,
			credentials: "omit",
			redirect: "manual",
			cache: "no-store",
		});
		return { ...sent, response: await readResponse(response) };
	} catch {
		return { ...sent, response: null };
	}
}

async function readResponse(response: Response): Promise<Outcome["response"]> {
	const text = await response.text();
	const json = parsed(text);
	return {
		status: response.status,
		headers: [...response.headers]
			.filter(([name]) => SHOWN_HEADERS.test(name))
			.map(([name, value]) => `${name}: ${value}`),
		body: (json === undefined ? text : JSON.stringify(json, null, 2)).slice(0, SHOWN_MAX),
		cause: causeOf(json),
	};
}

function parsed(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
