/** `npm run preview` after `npm run dev`, in the same folder: the two share their secrets and their data. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { whoami } from "../e2e/load.ts";
import { expectOddRequestsServed, ODD_REQUESTS } from "../e2e/odd-requests.ts";
import { Service } from "../harness.ts";

let service: Service;
beforeAll(async () => {
	service = await Service.start({ way: "dev" });
});
afterAll(() => service?.dispose());

it("keeps the secrets, the people and the keys after a power cut", async () => {
	const owner = await service.signIn();
	const { key, api_key } = await owner.mutate("keys.create", { name: "Made before the second start" });
	const before = readFileSync(service.secretsFile, "utf8");

	await service.kill();
	await service.restart("preview");

	expect(readFileSync(service.secretsFile, "utf8")).toBe(before);
	expect((await whoami(service, key)).status).toBe(200);
	const again = await service.signIn();
	expect((await again.query("keys.list")).items).toMatchObject([{ id: api_key.id }]);
});

it(ODD_REQUESTS, () => expectOddRequestsServed(service));

it("ends with everything that npm started when npm alone gets SIGTERM", async () => {
	await service.terminateNpm();
	await expect(service.fetch("/healthz")).rejects.toThrow();
});
