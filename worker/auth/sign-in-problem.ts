import type { SignInProblemCode } from "../schemas/sign-in-problem.ts";

/** A sign-in with the identity provider that failed. The person learns the code, the log the cause. */
export class SignInProblem extends Error {
	override readonly name = "SignInProblem";
	readonly code: SignInProblemCode;

	constructor(code: SignInProblemCode, cause?: unknown) {
		super(`Signing in with the identity provider failed: ${code}`, { cause });
		this.code = code;
	}
}
