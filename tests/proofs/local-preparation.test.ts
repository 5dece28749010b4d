/** A local start that can't work fails before the server starts, and says what to do. */
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { whoami } from "../e2e/load.ts";
import { eventually, freePort, Service } from "../harness.ts";

let service: Service;
beforeAll(async () => {
	service = await Service.start();
});
afterAll(() => service?.dispose());

it("names the process of a service that is already running, and how to stop it", async () => {
	const { code, output } = await service.prepare();
	expect(code).toBe(1);
	expect(output).not.toContain("Open ");
	const [, pid] = /already running in this folder \(process (\d+)\).*: kill \1$/m.exec(output) ?? [];
	process.kill(Number(pid), "SIGTERM");
	await eventually("the service has ended", 10_000, () =>
		service.fetch("/healthz").then(
			() => false,
			() => true,
		),
	);
});

it("names a free port when the port is taken", async () => {
	await service.stop();
	const port = await freePort();
	const other = createServer().listen(port, "localhost");
	try {
		const { code, output } = await service.prepare(port);
		expect(code).toBe(1);
		expect(output).not.toContain("Open ");
		expect(output).toMatch(new RegExp(`Port ${port} is in use.* PORT=\\d+ npm run dev$`, "m"));
	} finally {
		other.close();
	}
});

it("makes a sign-in that works when .dev.vars was deleted, and says that earlier keys are no longer valid", async () => {
	await service.restart();
	const owner = await service.signIn();
	const { key } = await owner.mutate("keys.create", { name: "Made before .dev.vars was deleted" });
	await service.stop();
	rmSync(service.secretsFile);

	const { code, output } = await service.prepare();
	expect([code, output]).toEqual([0, expect.stringContaining("API keys made before are no longer valid")]);
	expect(output).toContain(service.vars.DEMO_OWNER_PASSWORD);

	await service.restart();
	const again = await service.signIn();
	expect((await again.query("keys.list")).items).toMatchObject([{ name: "Made before .dev.vars was deleted" }]);
	await service.signIn("member@acme.example");
	expect((await whoami(service, key)).status).toBe(401);
});

it("names a damaged state folder, and the command that starts afresh", async () => {
	await service.stop();
	const state = join(service.folder, ".wrangler/state");
	for (const entry of readdirSync(join(state, "v3/d1"), { recursive: true, withFileTypes: true }))
		if (entry.isFile()) writeFileSync(join(entry.parentPath, entry.name), "not a database".repeat(1_000));

	const { code, output } = await service.prepare();
	expect(code).toBe(1);
	expect(output).not.toContain("Open ");
	expect(output).toMatch(/database in \.wrangler\/state .*\n.*: rm -rf \.wrangler\/state$/m);

	rmSync(state, { recursive: true });
	expect((await service.prepare()).output).toContain("New database");
});
