/** Many imported keys are presented for the first time while other keys are in use. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually, Service } from "../harness.ts";
import { bcrypt, exported, oldKey } from "../old-key.ts";
import { Session } from "../session.ts";
import { SIZES } from "../sizes.ts";
import { Load, whoami, withStatus } from "./load.ts";

const BATCH = 500;
const LOAD_PATIENCE_MS = 60_000 + SIZES.importedKeys * 100;

let service: Service;
/** Hashed before the service starts: it closes connections that are idle for the seconds that this takes. */
const keys = Array.from({ length: SIZES.importedKeys }, () => oldKey());
const items = keys.map((key) => exported(key, { key_prefix: key.slice(0, 20) }));

beforeAll(async () => {
	service = await Service.start({ settings: { LEGACY_KEYS: "on", USAGE_FLUSH_SECONDS: "1" } });
});
afterAll(() => service?.dispose());

it("admits each imported key at its first presentation, while keys that are known go on being admitted", {
	timeout: LOAD_PATIENCE_MS + 60_000,
}, async () => {
	const owner = await service.signIn();
	const { user } = await owner.query("session.me");
	const platform = new Session(service, service.vars.SERVICE_ROLE_KEY ?? "");
	for (let start = 0; start < keys.length; start += BATCH) {
		const batch = items.slice(start, start + BATCH);
		const { created } = await platform.mutate("keys.import", { tenant_id: user.tenant_id, keys: batch });
		expect(created).toBe(batch.length);
	}
	const known = (await owner.mutate("keys.create", { name: "Known", scopes: [], rate_limit: 1_000_000 })).key;
	const others = new Load(4, () => whoami(service, known));

	const waiting = [...keys];
	const presented = new Load(8, () => {
		// Once all are presented, the first key is presented again and again.
		return whoami(service, waiting.shift() ?? keys[0] ?? "");
	});
	await eventually("every key was presented", LOAD_PATIENCE_MS, () => presented.outcomes.length >= keys.length);
	await Promise.all([presented.stop(), others.stop()]);

	expect(withStatus(presented.outcomes, 200).length).toBe(presented.outcomes.length);
	expect(withStatus(others.outcomes, 200).length).toBe(others.outcomes.length);
	// A comparison with the lowest cost takes 1.5 ms, so requests of other keys are not stopped by any number of them.
	expect(others.outcomes.length).toBeGreaterThan(keys.length / 10);

	// The first request with each key was counted for it.
	const used = new Map<string, number>();
	await eventually("lists have the usage of every key", LOAD_PATIENCE_MS, async () => {
		for (let cursor: string | null | undefined; cursor !== null; ) {
			const page = await owner.query("keys.list", {
				origin: "imported",
				limit: 100,
				...(cursor === undefined ? {} : { cursor }),
			});
			for (const item of page.items) used.set(item.key_prefix + item.last_four, item.usage_count);
			cursor = page.next_cursor;
		}
		return keys.every((key) => (used.get(key.slice(0, 20) + key.slice(-4)) ?? 0) >= 1);
	});
});

it("refuses another key with the prefix of one that was not presented yet", async () => {
	const owner = await service.signIn();
	const { user } = await owner.query("session.me");
	const platform = new Session(service, service.vars.SERVICE_ROLE_KEY ?? "");
	const key = oldKey();
	await platform.mutate("keys.import", { tenant_id: user.tenant_id, keys: [exported(key, { hash: bcrypt(key) })] });
	expect((await whoami(service, key.slice(0, 20) + oldKey().slice(20))).status).toBe(401);
	expect((await whoami(service, key)).status).toBe(200);
});
