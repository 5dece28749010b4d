import type { TRPCRouterRecord } from "@trpc/server";
import { personDeletedSchema, personExportSchema, personSchema } from "../../schemas/person.ts";
import { deletePerson, exportPerson } from "../../services/people.ts";
import { permittedProcedure } from "../procedures.ts";

const peopleProcedure = permittedProcedure("members:write");

/** People's data, for requests under privacy laws. Mutations, so that the email is in no URL. */
export const peopleRouter = {
	/** Everything that the tenant stores about the person. */
	export: peopleProcedure
		.input(personSchema)
		.output(personExportSchema)
		.mutation(({ ctx, input }) => exportPerson(ctx.deps, ctx.author, input)),

	/** Deletes the person. `CONFLICT` while they are a member. */
	delete: peopleProcedure
		.input(personSchema)
		.output(personDeletedSchema)
		.mutation(({ ctx, input }) => deletePerson(ctx.deps, ctx.author, input)),
} satisfies TRPCRouterRecord;
