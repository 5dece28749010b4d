/**
 * Limits on sign-in attempts. Guessing is limited by where it comes from; an account is limited loosely, since attackers
 * could otherwise lock its owner out. The platform counts each limit per location.
 */
import type { Bindings } from "../env.ts";
import { AppError } from "../errors.ts";
import { networkOf } from "../keys/ip-address.ts";
import type { Device } from "./device.ts";

/** All limits count attempts in windows of this length (wrangler.toml). */
const WINDOW_SECONDS = 60;
/**
 * A rejected attempt waits this long for its response. Clients that loop then cost next to no CPU, and a person who has
 * used up the limit doesn't notice.
 */
const REJECTION_DELAY_MS = 1_000;

export interface SignInLimits {
	/** Attempts of an IP address, or of a device that has signed in before: ten a minute. */
	origin: RateLimit;
	/** Attempts of an IP address at one account: five a minute. */
	pair: RateLimit;
	/** Attempts at an account, from everywhere: a hundred a minute. */
	account: RateLimit;
}

export const signInLimits = (env: Bindings): SignInLimits => ({
	origin: env.LOGIN_LIMITER,
	pair: env.LOGIN_PAIR_LIMITER,
	account: env.LOGIN_ACCOUNT_LIMITER,
});

/** Counts an attempt before its body is read. Throws `RATE_LIMITED` past the limit. */
export async function limitOrigin({ origin }: SignInLimits, ip: string | null, device: Device | null): Promise<void> {
	const key = device ? `device:${device.id}` : `ip:${networkOf(ip)}`;
	if (!(await origin.limit({ key })).success) throw await tooManyAttempts();
}

/** Counts a step of a sign-in with the identity provider. Throws `RATE_LIMITED` past the limit. */
export async function limitProviderSignIn(
	{ origin }: SignInLimits,
	step: "start" | "callback",
	ip: string | null,
): Promise<void> {
	if (!(await origin.limit({ key: `provider ${step}:${networkOf(ip)}` })).success) throw await tooManyAttempts();
}

/** Whether an attempt at this account is within the limits. For devices that haven't signed in to the account before. */
export async function isWithinLimits(
	{ origin, pair, account }: SignInLimits,
	email: string,
	ip: string | null,
	device: Device | null,
): Promise<boolean> {
	const network = networkOf(ip);
	// The device of another account: so far the attempt was counted for the device only.
	if (device && !(await origin.limit({ key: `ip:${network}` })).success) return false;
	// The narrow limit comes first, so that one origin doesn't use up the wide one.
	if (!(await pair.limit({ key: `${network} ${email}` })).success) return false;
	return (await account.limit({ key: email })).success;
}

/** Waits before the response to an attempt that is rejected without checking a password. */
export const delayRejection = (): Promise<void> => scheduler.wait(REJECTION_DELAY_MS);

/** The error for an attempt past a limit, after a delay. */
export async function tooManyAttempts(): Promise<AppError> {
	await delayRejection();
	return new AppError("RATE_LIMITED", `Too many sign-in attempts. Retry in ${WINDOW_SECONDS} seconds.`, {
		retryAfter: WINDOW_SECONDS,
		event: "sign_in_throttled",
	});
}
