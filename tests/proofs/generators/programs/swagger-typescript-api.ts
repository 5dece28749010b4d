import { environment, type Result } from "../result.ts";
import { Api } from "./generated.ts";

const { url, token, idempotencyKey, name } = environment();
const { v1 } = new Api({
	baseUrl: url,
	securityWorker: () => ({ headers: { Authorization: `Bearer ${token}` } }),
});

const create = async () =>
	(await v1.createApiKey({ name }, {}, { headers: { "Idempotency-Key": idempotencyKey } })).data.data;
const created = await create();
const replay = await create();
const { id } = created.api_key;
const rotated = (await v1.rotateApiKey(id, {})).data.data;
const listed = (await v1.listApiKeys({ search: name, limit: 10 })).data.data;
const revoked = (await v1.revokeApiKey(id, {})).data.data;

const result: Result = {
	secret: created.key,
	replay: replay.key,
	successor: rotated.key,
	listed: listed.map((key) => key.id),
	status: revoked.status,
};
console.log(JSON.stringify(result));
