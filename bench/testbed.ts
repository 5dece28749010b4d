/** Starts everything that is measured: the service, the floors and the peers. */
import { migrateService, SERVICE, secret, serviceWorker } from "../scripts/built-service.ts";
import { type Runtime, startRuntime } from "../scripts/runtime.ts";
import { Keys } from "./keys.ts";
import { installPeers } from "./peers/install.ts";
import { type NodePeer, startNodePeer } from "./peers/node-peer.ts";
import { childNamed } from "./processor-time.ts";
import { type BenchKeys, floorSubjects, peerSubject, type Subject, serviceSubjects } from "./subjects.ts";
import { FLOOR_NAMES, FLOORS, type FloorName, fillPoints, floorsWorker, PEER, peerWorker } from "./workers.ts";

/** The highest hourly limit. No run reaches it. */
const NO_LIMIT = 1_000_000;
const KEYS_IN_ROTATION = 1_000;

export interface Testbed {
	runtime: Runtime;
	subjects: Subject[];
	/** Peers that did not start, each with the reason. */
	missing: string[];
	dispose(): Promise<void>;
}

interface TestbedOptions {
	peers: boolean;
	inspect?: boolean;
}

export async function startTestbed({ peers, inspect = false }: TestbedOptions): Promise<Testbed> {
	const missing: string[] = [];
	const problem = peers ? installPeers() : null;
	if (problem !== null) missing.push(`better-auth could not be installed: ${problem}`);
	const withPeers = peers && problem === null;

	const serviceRoleKey = secret();
	const workers = [
		await serviceWorker({ serviceRoleKey }),
		await floorsWorker(),
		...(withPeers ? [await peerWorker()] : []),
	];
	const runtime = await startRuntime(workers, { inspect });
	let nodePeer: NodePeer | null = null;
	const dispose = async () => {
		await Promise.all([runtime.dispose(), nodePeer?.dispose()]);
	};
	try {
		await Promise.all([migrateService(runtime), fillPoints(await runtime.database(FLOORS))]);
		const pid = childNamed("workerd");
		const service = await runtime.url(SERVICE);
		const keys = await makeKeys(await Keys.inNewTenant(service, serviceRoleKey));
		const subjects = [...floorSubjects(await floorUrls(runtime), keys, pid), ...serviceSubjects(service, keys, pid)];
		if (withPeers) {
			const url = await runtime.url(PEER);
			subjects.push(peerSubject("better-auth-d1", { url, key: await prepareD1Peer(url), pid }));
			try {
				nodePeer = await startNodePeer();
				subjects.push(peerSubject("better-auth-node", nodePeer));
			} catch (error) {
				missing.push(`better-auth on Node did not start: ${error instanceof Error ? error.message : error}`);
			}
		}
		return { runtime, subjects, missing, dispose };
	} catch (error) {
		await dispose();
		throw error;
	}
}

async function makeKeys(keys: Keys): Promise<BenchKeys> {
	const hot = await keys.make(NO_LIMIT);
	const many = await keys.makeMany(KEYS_IN_ROTATION, NO_LIMIT);
	const signing = await keys.makeManySigned(KEYS_IN_ROTATION, NO_LIMIT);
	const spent = await keys.make(1);
	const revoked = await keys.make(NO_LIMIT);
	await keys.revoke(revoked);
	return { hot, many, signing, spent, revoked };
}

async function floorUrls(runtime: Runtime): Promise<Record<FloorName, string>> {
	const urls = await Promise.all(FLOOR_NAMES.map(async (name) => [name, await runtime.url(FLOORS, name)] as const));
	// There is one entry for each name, which the type of `fromEntries` doesn't express.
	return Object.fromEntries(urls) as Record<FloorName, string>;
}

/** Creates the peer's tables and a key. Returns the key. */
async function prepareD1Peer(url: string): Promise<string> {
	const response = await fetch(url, { method: "POST" });
	const text = await response.text();
	if (!response.ok) throw new Error(`better-auth over D1 did not start: ${response.status} ${text.slice(0, 300)}`);
	return text;
}
