/** What the routes of API keys share. */
import { z } from "@hono/zod-openapi";
import { id } from "../../../schemas/common.ts";
import { notFound } from "../../openapi/errors.ts";
import * as examples from "../../openapi/examples.ts";

export const KEYS = "/v1/api-keys";
export const ONE_KEY = `${KEYS}/{id}`;
export const TAGS = ["API keys"];

export const keyId = z.object({ id: id.meta({ description: "Id of the API key.", example: examples.apiKey.id }) });
export const NO_KEY = notFound("The tenant has no API key with this id, or the tenant does not exist.");
