/** Signing in with the identity provider: the browser leaves for the provider and comes back to the callback. */
import type { Context } from "hono";
import { database, databases } from "../../db/client.ts";
import { authorizationUrl, newHandshake, personOf } from "../auth/openid.ts";
import { openSessionOf } from "../auth/principal.ts";
import { SESSION_MS, sessionCookie } from "../auth/session.ts";
import { attemptCookie, attemptOf, endedAttemptCookie } from "../auth/sign-in-attempt.ts";
import { limitProviderSignIn, signInLimits } from "../auth/sign-in-limits.ts";
import { SignInProblem } from "../auth/sign-in-problem.ts";
import { AppError, toAppError } from "../errors.ts";
import { dashboardOrigin } from "../http/dashboard-page.ts";
import { placeOf } from "../http/place.ts";
import { logError, logEvent } from "../log.ts";
import { keyGates } from "../namespaces.ts";
import type { OpenIdConfig } from "../openid-config.ts";
import type { RestEnv } from "../rest/context.ts";
import { returnPath } from "../schemas/return-path.ts";
import { signInWithProvider } from "../services/provider-sign-in.ts";

const CALLBACK = "/auth/sso/callback";
/** Screen of the dashboard that shows problems, and leads on after a sign-in. */
const SIGN_IN = "/sign-in";

type RouteContext = Context<RestEnv>;

/** `GET /auth/sso/start?to=…`: sends the browser to the provider. */
export function startSignIn(c: RouteContext): Promise<Response> {
	const to = returnPath(c.req.query("to"));
	return leadingToSignIn(c, to, async (openid) => {
		const { config, info } = c.var;
		const origin = dashboardOrigin(c.req.raw, config);
		// The cookie and the callback belong to one host.
		if (new URL(c.req.url).origin !== origin) return c.redirect(`${origin}/auth/sso/start${toQuery({ to })}`);
		await limitProviderSignIn(signInLimits(c.env), "start", info.ip);
		const deps = { config, gates: keyGates(c.env), db: database(c.env.DB) };
		const open = await openSessionOf(c.req.raw, deps, info);
		const session = open && {
			id: open.id,
			tenantId: open.tenantId,
			email: open.email,
			sessionId: open.sessionId ?? "",
		};
		const handshake = newHandshake();
		const url = await authorizationUrl(openid, origin + CALLBACK, handshake, info.now);
		c.header("Set-Cookie", await attemptCookie({ ...handshake, to, session }, config.jwt, info.now));
		return c.redirect(url.href);
	});
}

/**
 * `GET /auth/sso/callback`: opens the session, and leads to the dashboard. Its page loads without a cookie, because the
 * browser comes from another site; the calls of the page then carry the cookie, which is SameSite=Strict.
 */
export async function completeSignIn(c: RouteContext): Promise<Response> {
	const { config, info } = c.var;
	const attempt = await attemptOf(c.req.raw, config.jwt, info.now);
	const response = await leadingToSignIn(c, attempt?.to ?? null, async (openid) => {
		await limitProviderSignIn(signInLimits(c.env), "callback", info.ip);
		if (attempt === null) throw new SignInProblem("outdated");
		const redirectUri = dashboardOrigin(c.req.raw, config) + CALLBACK;
		const person = await personOf(openid, redirectUri, attempt, new URL(c.req.url), info.now);
		const deps = { config, gates: keyGates(c.env), ...databases(c.env), now: info.now };
		const visitor = { ...info, place: placeOf(c.req.raw), device: null, session: attempt.session };
		const { token } = await signInWithProvider(deps, openid, visitor, person);
		c.header("Set-Cookie", sessionCookie(token, SESSION_MS / 1_000), { append: true });
		return c.redirect(`${SIGN_IN}${toQuery({ done: "1", to: attempt.to })}`);
	});
	response.headers.append("Set-Cookie", endedAttemptCookie());
	return response;
}

/** Redirects to the sign-in screen with the code of the problem, so that people see a page in their language, not JSON. */
async function leadingToSignIn(
	c: RouteContext,
	to: string | null,
	go: (openid: OpenIdConfig) => Promise<Response>,
): Promise<Response> {
	const { openid } = c.var.config;
	if (openid === null) return c.notFound();
	try {
		return await go(openid);
	} catch (thrown) {
		if (thrown instanceof AppError && thrown.event)
			logEvent(thrown.event, { place: c.req.path }, { trace: c.var.info });
		const problem = problemOf(thrown);
		if (problem.cause !== undefined)
			logError(`Sign-in with the identity provider: ${problem.code}`, problem.cause, c.var.info);
		return c.redirect(`${SIGN_IN}${toQuery({ problem: problem.code, to })}`);
	}
}

function problemOf(thrown: unknown): SignInProblem {
	if (thrown instanceof SignInProblem) return thrown;
	if (thrown instanceof AppError && thrown.code === "RATE_LIMITED") return new SignInProblem("throttled");
	return new SignInProblem(toAppError(thrown).code === "UNAVAILABLE" ? "unavailable" : "failed", thrown);
}

function toQuery(parameters: Record<string, string | null>): string {
	const given = Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== null);
	return given.length === 0 ? "" : `?${new URLSearchParams(given)}`;
}
