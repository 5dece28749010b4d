/** The examples of signing, the command and the client, against the running service. */
import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { signingFetch, signRequest } from "../../client/sign.ts";
import { readyCopy, Service } from "../harness.ts";
import { authorizationOf } from "../sign.ts";

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, "../..");
const EXAMPLES = join(ROOT, "docs/examples");
/** Differs for each sender: the same request signed in the same second would be a replay. */
const leadOf = (sender: string) => `{"name":"João","email":"joao@${sender}.example.com"}`;

let service: Service;
let signed: { key: string; secret: string };

beforeAll(async () => {
	service = await Service.start();
	const owner = await service.signIn();
	const made = await owner.mutate("keys.create", {
		name: "Signs",
		authentication: "signed",
		scopes: ["leads:write", "leads:read", "default:sync"],
	});
	signed = { key: made.key, secret: made.secret ?? "" };
});
afterAll(() => service?.dispose());

const environment = () => ({
	...process.env,
	SALESOS_URL: service.url,
	SALESOS_API_KEY: signed.key,
	SALESOS_API_KEY_SECRET: signed.secret,
});

const isInstalled = (program: string) => spawnSync(program, ["--version"]).status === 0;

const LANGUAGES: [program: string, file: string][] = [
	[process.execPath, "sign.mjs"],
	["python3", "sign.py"],
	["php", "sign.php"],
];

describe.each(LANGUAGES.filter(([program]) => isInstalled(program)))("%s", (program, file) => {
	it(`runs ${file}, with a query and with a body`, async () => {
		const send = async (...args: string[]) =>
			(await run(program, [join(EXAMPLES, file), ...args], { env: environment() })).stdout;
		expect(await send("GET", `/v1/leads?search=S%C3%A3o%20${file}`)).toContain("200");
		expect(await send("POST", "/v1/leads", leadOf(file))).toContain("201");
	});
});

describe("every example", () => {
	it.each(LANGUAGES.map(([, file]) => file))("%s has at most 40 lines", (file) => {
		expect(readFileSync(join(EXAMPLES, file), "utf8").trimEnd().split("\n").length).toBeLessThanOrEqual(40);
	});
});

describe("the command", () => {
	it("prints a header that is accepted", async () => {
		const folder = mkdtempSync(join(tmpdir(), "salesos-sign-"));
		const body = join(folder, "lead.json");
		writeFileSync(body, leadOf("cli"));
		const cli = join(readyCopy().folder, "client/dist/cli.js");
		const { stdout } = await run(
			process.execPath,
			[cli, "sign", "-X", "post", "--body", body, "--quiet", "/v1/leads"],
			{ env: environment() },
		);
		rmSync(folder, { recursive: true });
		const headers = { authorization: stdout.trim(), "content-type": "application/json" };
		expect((await service.fetch("/v1/leads", { method: "POST", headers, body: leadOf("cli") })).status).toBe(201);
	});
});

describe("the client", () => {
	it("signs the test vectors as they are published", async () => {
		const vectors = JSON.parse(readFileSync(join(EXAMPLES, "signing-vectors.json"), "utf8"));
		expect(vectors.length).toBeGreaterThan(3);
		for (const { signature, ...vector } of vectors)
			expect(await signRequest(vector)).toBe(`P2S-SIGN-V1 ${vector.key}:${vector.timestamp}:${signature}`);
	});

	it("signs each request, and each retry anew", async () => {
		const sent: string[] = [];
		const salesos = signingFetch({
			...signed,
			fetch: async (url, init) => {
				sent.push(new Headers(init?.headers).get("authorization") ?? "");
				const isFirst = sent.length === 1;
				return isFirst ? new Response(null, { status: 503, headers: { "retry-after": "1" } }) : fetch(url, init);
			},
		});
		const response = await salesos(`${service.url}/v1/leads?limit=1`);
		expect(response.status).toBe(200);
		expect(new Set(sent).size).toBe(2);
	});
});

describe("a signed request on the wire", () => {
	const path = "/v1/sync_collaborators";
	const body = `{"collaborators":[],"padding":"${"x".repeat(1_000_000)}"}`;

	/** Sends raw HTTP and returns the status of the last response. */
	const raw = (head: string[], chunks: string[]) =>
		new Promise<string>((resolve, reject) => {
			const { hostname, port } = new URL(service.url);
			const socket = connect(Number(port), hostname);
			let text = "";
			socket.on("error", reject).on("data", (data) => {
				text += data;
				const statuses = [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status ?? "");
				const last = statuses.at(-1);
				if (last === "100") for (const chunk of chunks.splice(0)) socket.write(chunk);
				else if (last !== undefined) {
					socket.destroy();
					resolve(last);
				}
			});
			socket.write(`${head.join("\r\n")}\r\n\r\n`);
			if (!head.some((line) => line.startsWith("Expect"))) for (const chunk of chunks) socket.write(chunk);
		});

	/** Each request of a body is signed for a second of its own: the same one twice would be a replay. */
	const head = (extra: string[], signedBody: string, secondsAgo: number) => [
		`POST ${path} HTTP/1.1`,
		"Host: keys.example",
		"Content-Type: application/json",
		`Authorization: ${authorizationOf({ ...signed, method: "POST", path, body: signedBody, at: Math.floor(Date.now() / 1_000) - secondsAgo })}`,
		...extra,
	];

	// 400: the signature is right, and the padding is no field.
	it("is admitted with a large body in chunks", async () => {
		const chunks = body.match(/.{1,30000}/g) ?? [];
		const framed = [...chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`), "0\r\n\r\n"];
		expect(await raw(head(["Transfer-Encoding: chunked"], body, 10), framed)).toBe("400");
	});

	it("is admitted with Expect: 100-continue", async () => {
		const extra = [`Content-Length: ${body.length}`, "Expect: 100-continue"];
		expect(await raw(head(extra, body, 0), [body])).toBe("400");
		expect(await raw(head(extra, `${body} `, 0), [body])).toBe("401");
	});
});
