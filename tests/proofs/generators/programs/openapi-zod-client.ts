import { environment, type Result } from "../result.ts";
import { createApiClient } from "./generated.ts";

const { url, token, idempotencyKey, name } = environment();
// Zodios validates every response against the document, and throws if one does not match.
const client = createApiClient(url, { axiosConfig: { headers: { Authorization: `Bearer ${token}` } } });

const create = async () =>
	(await client.createApiKey({ name }, { headers: { "Idempotency-Key": idempotencyKey } })).data;
const created = await create();
const replay = await create();
const params = { id: created.api_key.id };
const rotated = (await client.rotateApiKey({}, { params })).data;
const listed = (await client.listApiKeys({ queries: { search: name, limit: 10 } })).data;
const revoked = (await client.revokeApiKey({}, { params })).data;

const result: Result = {
	secret: created.key,
	replay: replay.key,
	successor: rotated.key,
	listed: listed.map(({ id }) => id),
	status: revoked.status,
};
console.log(JSON.stringify(result));
