/** Where a sign-in comes from. */
import { deviceOf } from "../auth/device.ts";
import { openSessionOf } from "../auth/principal.ts";
import { placeOf } from "../http/place.ts";
import type { Visitor } from "../services/session-opening.ts";
import type { Context } from "./context.ts";

export const visitorOf = async ({ request, signIn, info }: Context): Promise<Visitor> => ({
	...info,
	place: placeOf(request),
	device: await deviceOf(request, signIn.config.jwt, info.now),
	session: await openSessionOf(request, signIn, info),
});
