import { plural } from "../format.ts";

/** The screen that lists where the person is signed in. */
export const sessions = {
	title: "Sessions",
	intro: "Where you are signed in. End the sessions that you do not recognize, and change your password then.",
	loadFailed: "The sessions could not be loaded",
	current: "This session",
	unknownProgram: "Unknown program",
	signedIn: "Signed in",
	lastSeen: "Last seen",
	end: "End session",
	/** The name of the button, for screen readers. */
	endOf: (program: string, place: string) => `End session: ${[program, place].filter(Boolean).join(", ")}`,
	ended: "The session has ended.",
	endedBefore: "The session had ended already.",
	endOthers: "End all other sessions",
	noOthers: "You are not signed in anywhere else.",
	confirmTitle: "End all other sessions?",
	confirmText: (count: number) =>
		`${count} ${plural(count, "session ends", "sessions end")} at once. To continue there, you have to sign in again.`,
	/** In the dialog about a member. */
	titleOf: (name: string) => `Sessions of ${name}`,
	noneOf: (name: string) => `${name} is not signed in anywhere.`,
	endAll: "End all sessions",
	endAllText: "The member can sign in again afterwards. Deactivate them to prevent that.",
	endedOthers: (count: number) => `${count} ${plural(count, "session has", "sessions have")} ended.`,
};
