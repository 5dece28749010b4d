/** What is measured: each subject's requests, the answer that is right, and the floor it is held against. */
import { forge, type Keys } from "./keys.ts";
import type { Target } from "./load.ts";
import type { FloorName, Runtime } from "./runtime.ts";

/** Floors first: a subject stands behind its own. */
export const SUBJECT_NAMES = [
	"nothing",
	"object",
	"objects",
	"d1",
	"whoami",
	"whoami-rotation",
	"rate-limited",
	"forged",
	"revoked",
] as const;
export type SubjectName = (typeof SUBJECT_NAMES)[number];

export interface Subject extends Target {
	name: SubjectName;
	title: string;
	/** Null: it is a floor itself. */
	floor: FloorName | null;
	/** What one answer must hold, so that an error page with the right status is not taken for an answer. */
	holds: string;
}

/** The highest hourly limit there is: no run of the bench reaches it. */
const NO_LIMIT = 1_000_000;
const KEYS_IN_ROTATION = 1_000;

const withKey = (key: string, path = "/v1/whoami") => ({
	path,
	// What any client sends. Floors get the same, and need not read it.
	headers: { Authorization: `Bearer ${key}`, "User-Agent": "salesos-bench/1" },
});

/** Makes the keys and brings each into the state its subject is about. */
export async function prepareSubjects(runtime: Runtime, keys: Keys): Promise<Subject[]> {
	const hot = await keys.make(NO_LIMIT);
	const many = await keys.makeMany(KEYS_IN_ROTATION, NO_LIMIT);
	const spent = await keys.make(1);
	const revoked = await keys.make(NO_LIMIT);
	await keys.revoke(revoked);

	const floor = (name: FloorName, title: string, requests = [withKey(hot.key)]): Subject => ({
		name,
		title,
		floor: null,
		url: runtime.floors[name],
		requests,
		status: 200,
		holds: '{"ok":true}',
	});
	const ours = (
		name: SubjectName,
		title: string,
		floor: FloorName,
		status: number,
		holds: string,
		requests: Target["requests"],
	): Subject => ({ name, title, floor, url: runtime.service, requests, status, holds });

	return [
		floor("nothing", "Worker that does nothing"),
		floor("object", "one call to an object that does nothing"),
		floor(
			"objects",
			"the same, 1,000 objects in rotation",
			many.map(({ key, id }) => withKey(key, `/${id}`)),
		),
		floor("d1", "one point read of D1"),
		ours("whoami", "admitted (`whoami`)", "object", 200, `"id":"${hot.id}"`, [withKey(hot.key)]),
		ours(
			"whoami-rotation",
			"admitted, 1,000 keys in rotation",
			"objects",
			200,
			'"current_hour"',
			many.map(({ key }) => withKey(key)),
		),
		ours("rate-limited", "refused, over its limit", "object", 429, '"RATE_LIMITED"', [withKey(spent.key)]),
		ours("forged", "refused, forged key", "nothing", 401, '"UNAUTHORIZED"', [withKey(forge(hot.key))]),
		ours("revoked", "refused, revoked key (warm)", "nothing", 401, "has been revoked", [withKey(revoked.key)]),
	];
}

/** Sends one request and throws unless its answer is the right one. */
export async function check(subject: Subject): Promise<void> {
	const [request] = subject.requests;
	if (!request) throw new Error(`${subject.name} has no request`);
	const response = await fetch(subject.url + request.path, { headers: request.headers });
	const body = await response.text();
	if (response.status !== subject.status || !body.includes(subject.holds))
		throw new Error(`${subject.name} answers ${response.status} ${body.slice(0, 300)}`);
}
