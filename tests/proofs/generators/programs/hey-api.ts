import { environment, type Result } from "../result.ts";
import { client } from "./generated/client.gen.ts";
import { createApiKey, listApiKeys, revokeApiKey, rotateApiKey } from "./generated/index.ts";

const { url, token, idempotencyKey, name } = environment();
client.setConfig({ baseUrl: url, auth: token, throwOnError: true });

const create = async () => {
	const headers = { "Idempotency-Key": idempotencyKey };
	return (await createApiKey({ body: { name }, headers, throwOnError: true })).data.data;
};
const created = await create();
const replay = await create();
const path = { id: created.api_key.id };
const rotated = (await rotateApiKey({ path, throwOnError: true })).data.data;
const listed = (await listApiKeys({ query: { search: name, limit: 10 }, throwOnError: true })).data.data;
const revoked = (await revokeApiKey({ path, throwOnError: true })).data.data;

const result: Result = {
	secret: created.key,
	replay: replay.key,
	successor: rotated.key,
	listed: listed.map(({ id }) => id),
	status: revoked.status,
};
console.log(JSON.stringify(result));
