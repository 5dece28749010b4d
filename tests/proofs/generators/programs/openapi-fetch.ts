import createClient from "openapi-fetch";
import { environment, type Result } from "../result.ts";
import type { paths } from "./generated.ts";

const { url, token, idempotencyKey, name } = environment();
const client = createClient<paths>({ baseUrl: url, headers: { Authorization: `Bearer ${token}` } });

function required<T>({ data, error }: { data?: T; error?: unknown }): T {
	if (data === undefined) throw new Error(JSON.stringify(error));
	return data;
}

const create = async () => {
	const header = { "Idempotency-Key": idempotencyKey };
	return required(await client.POST("/v1/api-keys", { params: { header }, body: { name } })).data;
};
const created = await create();
const replay = await create();
const path = { id: created.api_key.id };
const rotated = required(await client.POST("/v1/api-keys/{id}/rotate", { params: { path } })).data;
const listed = required(await client.GET("/v1/api-keys", { params: { query: { search: name, limit: 10 } } }));
const revoked = required(await client.POST("/v1/api-keys/{id}/revoke", { params: { path } })).data;

const result: Result = {
	secret: created.key,
	replay: replay.key,
	successor: rotated.key,
	listed: listed.data.map(({ id }) => id),
	status: revoked.status,
};
console.log(JSON.stringify(result));
