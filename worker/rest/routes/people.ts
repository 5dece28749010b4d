/** People's data, for requests under privacy laws. */
import { createRoute } from "@hono/zod-openapi";
import { personDeletedSchema, personExportSchema, personSchema } from "../../schemas/person.ts";
import { deletePerson, exportPerson } from "../../services/people.ts";
import { managerOperation, permittedWithBody } from "../define-route.ts";
import { BODY_ERRORS, conflict, MANAGER_ERRORS, notFound } from "../openapi/errors.ts";
import * as examples from "../openapi/examples.ts";
import { jsonBody, ok } from "../openapi/responses.ts";
import { depsOf, envelope } from "../respond.ts";
import { tenantHeaders, tenantQuery } from "../tenant-choice.ts";

const PEOPLE = "/v1/people";
const tags = ["People"];
const request = { headers: tenantHeaders, query: tenantQuery, body: jsonBody(personSchema, examples.person) };
const NO_TENANT = notFound("The tenant does not exist.");

export const peopleOperations = [
	managerOperation(
		createRoute({
			...permittedWithBody("members:write"),
			tags,
			method: "post",
			path: `${PEOPLE}/export`,
			operationId: "exportPerson",
			summary: "Export a person",
			description:
				"Returns everything that the tenant stores about the person with this email, in both environments. A POST, so that the email is in no URL.",
			request,
			responses: {
				...MANAGER_ERRORS,
				...BODY_ERRORS,
				...NO_TENANT,
				200: ok(personExportSchema, "The data of the person.", examples.personExport),
			},
		}),
		async (c) => c.json(envelope(c, await exportPerson(depsOf(c), c.var.author, c.req.valid("json"))), 200),
	),
	managerOperation(
		createRoute({
			...permittedWithBody("members:write"),
			tags,
			method: "post",
			path: `${PEOPLE}/delete`,
			operationId: "deletePerson",
			summary: "Delete a person",
			description:
				"Deletes the person as collaborator and lead, with their activities, in both environments. Events of the audit log stay. Those that the person caused in the last 90 days keep the email until then. Remove a member first. An integration that sends the person again creates them again.",
			request,
			responses: {
				...MANAGER_ERRORS,
				...BODY_ERRORS,
				...NO_TENANT,
				...conflict("The person is a member, or the caller."),
				200: ok(personDeletedSchema, "The person is deleted.", examples.personDeleted),
			},
		}),
		async (c) => c.json(envelope(c, await deletePerson(depsOf(c), c.var.author, c.req.valid("json"))), 200),
	),
] as const;
