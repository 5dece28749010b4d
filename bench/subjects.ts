/** The subjects of the bench: requests, the correct response, and the floor to compare with. */
import { EMPTY_BODY_HASH, signatureOf, signingStart } from "../worker/keys/signature.ts";
import { forge, type MadeKey, type MadeSignedKey } from "./keys.ts";
import type { LoadRequest, Target } from "./load.ts";
import type { FloorName } from "./workers.ts";

export const SUBJECT_NAMES = [
	"nothing",
	"object",
	"objects",
	"d1",
	"whoami",
	"whoami-rotation",
	"signed",
	"rate-limited",
	"forged",
	"revoked",
	"better-auth-d1",
	"better-auth-node",
] as const;
export type SubjectName = (typeof SUBJECT_NAMES)[number];

export interface Subject extends Target {
	name: SubjectName;
	title: string;
	/** The floor to compare with; null for floors and peers. */
	floor: FloorName | null;
	/** Text that the response must contain, so that an error page with the right status is noticed. */
	holds: string;
	/** Process that serves it; null if the system doesn't report it. */
	pid: number | null;
}

/** All subjects get the same request except for the key. Floors don't read it. */
const withKey = (key: string, path = "/v1/whoami"): LoadRequest => ({
	path,
	headers: { Authorization: `Bearer ${key}`, "User-Agent": "salesos-bench/1" },
});

/** How old signatures of the bench may be, in seconds. The last is sent seconds later, when 1,000 gates have woken. */
const SIGNED_BEFORE = 15;

/**
 * Signs requests without a body. The same one twice is a replay, so each key signs once for each second, and no second is
 * used again.
 */
function signer(keys: readonly MadeSignedKey[]): (count: number) => LoadRequest[] {
	/** Seconds and keys in one row: second × number of keys + key. */
	let next = 0;
	return (count) => {
		const now = Math.floor(Date.now() / 1_000);
		next = Math.max(next, (now - SIGNED_BEFORE) * keys.length);
		const last = Math.min(next + count, (now + 1) * keys.length);
		const made: LoadRequest[] = [];
		for (; next < last; next++) {
			const key = keys[next % keys.length];
			if (key) made.push(signed(key, Math.floor(next / keys.length)));
		}
		return made;
	};
}

function signed({ key, secret }: MadeSignedKey, second: number): LoadRequest {
	const { path, headers } = withKey(key);
	const timestamp = String(second);
	const start = signingStart(secret, { key, timestamp, signature: "" }, "GET");
	const signature = signatureOf(start, path, EMPTY_BODY_HASH);
	return { path, headers: { ...headers, Authorization: `P2S-SIGN-V1 ${key}:${timestamp}:${signature}` } };
}

/** Keys of the service in the state that each subject needs. */
export interface BenchKeys {
	hot: MadeKey;
	many: MadeKey[];
	signing: MadeSignedKey[];
	spent: MadeKey;
	revoked: MadeKey;
}

export function floorSubjects(
	urls: Record<FloorName, string>,
	{ hot, many }: BenchKeys,
	pid: number | null,
): Subject[] {
	const floor = (name: FloorName, title: string, requests: LoadRequest[]): Subject => ({
		name,
		title,
		floor: null,
		url: urls[name],
		requests,
		status: 200,
		holds: '{"ok":true}',
		pid,
	});
	const hotRequest = [withKey(hot.key)];
	// The path names the object.
	const rotation = many.map(({ key, id }) => withKey(key, `/${id}`));
	return [
		floor("nothing", "Floor: Worker that does nothing", hotRequest),
		floor("object", "Floor: one call to an object that does nothing", hotRequest),
		floor("objects", "Floor: the same, 1,000 objects in rotation", rotation),
		floor("d1", "Floor: one point read of D1", hotRequest),
	];
}

export function serviceSubjects(
	url: string,
	{ hot, many, signing, spent, revoked }: BenchKeys,
	pid: number | null,
): Subject[] {
	const rotation = many.map(({ key }) => withKey(key));
	const one = ({ key }: { key: string }) => [withKey(key)];
	const subjects: Omit<Subject, "url" | "pid">[] = [
		{
			name: "whoami",
			title: "Admitted (`whoami`), one hot key",
			floor: "object",
			requests: one(hot),
			status: 200,
			holds: `"id":"${hot.id}"`,
		},
		{
			name: "whoami-rotation",
			title: "Admitted, 1,000 keys in rotation",
			floor: "objects",
			requests: rotation,
			status: 200,
			holds: '"current_hour"',
		},
		{
			name: "signed",
			title: "Admitted, signed by 1,000 keys in rotation",
			floor: "objects",
			requests: signing.map(({ key }) => withKey(key)),
			fresh: signer(signing),
			status: 200,
			holds: '"current_hour"',
		},
		{
			name: "rate-limited",
			title: "Refused: over its limit (429)",
			floor: "object",
			requests: one(spent),
			status: 429,
			holds: '"RATE_LIMITED"',
		},
		{
			name: "forged",
			title: "Refused: forged key (401)",
			floor: "nothing",
			requests: one({ key: forge(hot.key) }),
			status: 401,
			holds: '"UNAUTHORIZED"',
		},
		{
			name: "revoked",
			title: "Refused: revoked key, warm (401)",
			floor: "nothing",
			requests: one(revoked),
			status: 401,
			holds: "has been revoked",
		},
	];
	return subjects.map((subject) => ({ ...subject, url, pid }));
}

/** A peer has no floor: the service is compared with it. */
export function peerSubject(
	name: "better-auth-d1" | "better-auth-node",
	{ url, key, pid }: { url: string; key: string; pid: number | null },
): Subject {
	const title =
		name === "better-auth-d1" ? "better-auth over D1, same runtime" : "better-auth on Node, SQLite in WAL mode";
	return { name, title, floor: null, url, requests: [withKey(key)], status: 200, holds: '"used"', pid };
}

/** Sends one request. Throws if the response is wrong. */
export async function check(subject: Subject): Promise<void> {
	const [request] = subject.fresh?.(1) ?? subject.requests;
	if (!request) throw new Error(`${subject.name} has no request`);
	const response = await fetch(subject.url + request.path, { headers: request.headers });
	const body = await response.text();
	if (response.status !== subject.status || !body.includes(subject.holds))
		throw new Error(`${subject.name} responded ${response.status} ${body.slice(0, 300)}`);
}
