/** All secrets are replaced while every kind of credential is in use: no request is refused, until the previous ones are removed. */
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Outcome, send } from "../e2e/load.ts";
import { eventually, Service } from "../harness.ts";
import { authorizationOf } from "../sign.ts";

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

/** Starts the service with other secrets, as a new version does. */
async function restartWith(secrets: Record<string, string>): Promise<void> {
	const path = join(service.folder, ".dev.vars");
	const kept = readFileSync(path, "utf8")
		.split("\n")
		.filter((line) => !ROTATED.some((name) => line.startsWith(`${name}=`) || line.startsWith(`${name}_PREVIOUS=`)));
	const lines = Object.entries(secrets).map(([name, value]) => `${name}=${value}`);
	writeFileSync(path, `${[...kept, ...lines].join("\n")}\n`);
	await service.kill();
	await service.restart();
}

const secretsOf = (secretOf: (name: string) => string, suffix = "") =>
	Object.fromEntries(ROTATED.map((name) => [name + suffix, secretOf(name)]));

it("no request of a valid credential is refused in any step, and without the previous secrets exactly the old ones are", async () => {
	const { vars } = service;
	const current = secretsOf((name) => vars[name] ?? "");
	const next = secretsOf(() => randomBytes(32).toString("hex"));
	const accepting = { ...current, ...secretsOf((name) => next[name] ?? "", "_PREVIOUS") };
	const swapped = { ...next, ...secretsOf((name) => current[name] ?? "", "_PREVIOUS") };

	const outcomes: { by: Request; what: string; outcome: Outcome }[] = [];
	const loops: Promise<void>[] = [];
	const used: Request[] = [];
	let stopped = false;
	let sent = 0;
	const use = (credentials: Record<string, Request>) => {
		for (const [what, by] of Object.entries(credentials)) {
			used.push(by);
			loops.push(
				(async () => {
					while (!stopped) outcomes.push({ by, what, outcome: await by(++sent) });
				})(),
			);
		}
	};
	/** Waits until each credential has been accepted some more times. */
	const untilUsed = async () => {
		const start = outcomes.length;
		const responses = (request: Request) =>
			outcomes.slice(start).filter(({ by, outcome }) => by === request && outcome.status === 200).length;
		await eventually("every credential was used", LOAD_PATIENCE_MS, () =>
			used.every((request) => responses(request) >= REQUESTS),
		);
	};
	const old = await makeCredentials();
	use(old);
	await untilUsed();
	await restartWith(accepting);
	await untilUsed();
	await restartWith(swapped);
	const young = await makeCredentials();
	use(young);
	await untilUsed();
	// Where the new version has not arrived, the one that accepts first takes what the new one has made.
	await restartWith(accepting);
	await untilUsed();
	stopped = true;
	await Promise.all(loops);
	// A request that the kill has cut off has no status. After a kill, the gate of a signed key asks for a pause of seconds.
	const refused = outcomes.filter(
		({ what, outcome }) => ![null, 200].includes(outcome.status) && !(what === "signed key" && outcome.status === 503),
	);
	expect(refused.map(({ what, outcome }) => [what, outcome.status, outcome.body])).toEqual([]);

	await restartWith(next);
	/** The status of one request. The pause after the kill passes first. */
	const statusOf = async (request: Request) => {
		let status: number | null = null;
		await eventually("the pause has passed", LOAD_PATIENCE_MS, async () => {
			({ status } = await request(++sent));
			return status !== 503;
		});
		return status;
	};
	const statuses = (credentials: Record<string, Request>) => Promise.all(Object.values(credentials).map(statusOf));
	expect(await statuses(young)).toEqual([200, 200, 200, 200, 200]);
	expect(await statuses(old)).toEqual([401, 401, 401, 401, 401]);
});
