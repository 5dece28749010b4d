/** All secrets are replaced while every kind of credential is in use: no request is refused, until the previous ones are removed. */
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually, Service } from "../harness.ts";
import { authorizationOf } from "../sign.ts";
import { type Outcome, send } from "./load.ts";

const ROTATED = ["JWT_SECRET", "SERVICE_ROLE_KEY", "KEY_PEPPER", "SIGNING_KEY"];
const LOAD_PATIENCE_MS = 60_000;
/** Requests of each credential to wait for, before and after the restart. */
const REQUESTS = 20;

let service: Service;
beforeAll(async () => {
	service = await Service.start();
});
afterAll(() => service?.dispose());

type Request = (n: number) => Promise<Outcome>;

/** One credential of each kind, as requests that it may make. */
async function makeCredentials(): Promise<Record<string, Request>> {
	const owner = await service.signIn();
	const bearer = await owner.mutate("keys.create", { name: "Bearer", rate_limit: 100_000 });
	const signed = await owner.mutate("keys.create", { name: "Signed", authentication: "signed", rate_limit: 100_000 });
	const management = await owner.mutate("tokens.create", {
		name: "CI",
		permissions: ["keys:read"],
		expires_in_days: 9,
	});
	const { SERVICE_ROLE_KEY: platform = "" } = service.vars;
	const sendWith = (credential: string, path: string) => () =>
		send(service, path, { headers: { authorization: `Bearer ${credential}` } });
	return {
		"API key": sendWith(bearer.key, "/v1/whoami"),
		"signed key": (n) => {
			// A parameter that the route ignores makes each request unlike all others.
			const path = `/v1/whoami?tenant_id=${n}`;
			const authorization = authorizationOf({ key: signed.key, secret: signed.secret ?? "", path });
			return send(service, path, { headers: { authorization } });
		},
		"management token": sendWith(management.token, "/v1/api-keys"),
		"session of a person": sendWith(owner.token ?? "", "/v1/api-keys"),
		"service key": sendWith(platform, "/v1/operations/secrets"),
	};
}

/** Replaces the lines of the secrets in `.dev.vars`. */
function writeSecrets(change: (vars: Record<string, string>) => Record<string, string>): void {
	const path = join(service.folder, ".dev.vars");
	const kept = readFileSync(path, "utf8")
		.split("\n")
		.filter((line) => !ROTATED.some((name) => line.startsWith(`${name}=`) || line.startsWith(`${name}_PREVIOUS=`)));
	const lines = Object.entries(change(service.vars)).map(([name, value]) => `${name}=${value}`);
	writeFileSync(path, `${[...kept, ...lines].join("\n")}\n`);
}

it("no request of a valid credential is refused, and without the previous secrets exactly the old credentials are", async () => {
	const old = await makeCredentials();
	const outcomes: { what: string; outcome: Outcome }[] = [];
	let stopped = false;
	let sent = 0;
	const loops = Object.entries(old).map(async ([what, request]) => {
		while (!stopped) outcomes.push({ what, outcome: await request(++sent) });
	});
	/** Waits until each credential has been accepted some more times. */
	const untilUsed = async () => {
		const start = outcomes.length;
		const responses = (what: string) =>
			outcomes.slice(start).filter((one) => one.what === what && one.outcome.status === 200).length;
		await eventually("every credential was used", LOAD_PATIENCE_MS, () =>
			Object.keys(old).every((what) => responses(what) >= REQUESTS),
		);
	};
	await untilUsed();
	writeSecrets((vars) =>
		Object.fromEntries(
			ROTATED.flatMap((name) => [
				[name, randomBytes(32).toString("hex")],
				[`${name}_PREVIOUS`, vars[name] ?? ""],
			]),
		),
	);
	await service.kill();
	await service.restart();
	await untilUsed();
	stopped = true;
	await Promise.all(loops);
	// A request that the kill has cut off has no status. After a kill, the gate of a signed key asks for a pause of seconds.
	const refused = outcomes.filter(
		({ what, outcome }) => ![null, 200].includes(outcome.status) && !(what === "signed key" && outcome.status === 503),
	);
	expect(refused.map(({ what, outcome }) => [what, outcome.status, outcome.body])).toEqual([]);

	const young = await makeCredentials();
	writeSecrets((vars) => Object.fromEntries(ROTATED.map((name) => [name, vars[name] ?? ""])));
	await service.kill();
	await service.restart();
	const statuses = async (credentials: Record<string, Request>) =>
		Promise.all(Object.values(credentials).map(async (request) => (await request(++sent)).status));
	expect(await statuses(young)).toEqual([200, 200, 200, 200, 200]);
	expect(await statuses(old)).toEqual([401, 401, 401, 401, 401]);
});
