/** The cookies of a browser in which a person has just signed in. */
import { type Device, deviceCookie } from "../auth/device.ts";
import { SESSION_MS, sessionCookie } from "../auth/session.ts";
import type { LoggedIn } from "../schemas/session.ts";
import type { Context } from "./context.ts";

export async function setSessionCookies(
	{ responseHeaders, signIn, info }: Context,
	{ token, user }: LoggedIn,
	device: Device | null,
): Promise<void> {
	responseHeaders.append("set-cookie", sessionCookie(token, SESSION_MS / 1_000));
	responseHeaders.append("set-cookie", await deviceCookie(user.id, device, signIn.config.jwt, info.now));
}
