import type { SignInProblemCode } from "../../../worker/schemas/sign-in-problem.ts";

/** The sign-in screen, after the identity provider. `provider` is its name. */
export const signIn = {
	completing: "Signing you in…",
	problems: {
		cancelled: () => "You have cancelled the sign-in. Start again when you are ready.",
		outdated: () =>
			"This sign-in is no longer valid: it took more than ten minutes, or you started another one in a second tab. Start again.",
		failed: (provider: string) =>
			`The response of ${provider} is not valid. Start again. If it happens again, tell an owner of your company.`,
		unverified_email: (provider: string) =>
			`${provider} has not verified your email. Verify it there, then sign in again.`,
		not_invited: () => "You have not been invited yet. Ask an owner of your company for an invitation.",
		deactivated: () => "Your account is deactivated. Ask an owner of your company.",
		other_company: () =>
			"Your email belongs to an account of another company. Ask an owner of your company to invite you with another email.",
		no_company: (provider: string) =>
			`${provider} does not say which company you belong to. Ask the person who manages ${provider} for your company.`,
		suspended_company: () =>
			"Your company's access is suspended, so it gets no new people. Ask an owner of your company.",
		other_person: (provider: string) =>
			`Another person of ${provider} has used this email here before. Ask an owner of your company to remove that account.`,
		full: () => "Your company has as many people as it may have. Ask an owner of your company.",
		throttled: () => "Too many attempts. Wait a minute, then try again.",
		unavailable: (provider: string) => `${provider} could not be reached. Try again in a moment.`,
	} satisfies Record<SignInProblemCode, (provider: string) => string>,
};
