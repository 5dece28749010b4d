import { useQueryClient } from "@tanstack/solid-query";
import { t } from "../i18n/index.ts";
import { Dialog } from "../ui/dialog.tsx";
import { setSessionEnded } from "./ended.ts";
import { useSession } from "./session.tsx";
import { SignInForm } from "./sign-in-form.tsx";

/**
 * Signs in again over the screen as it is, so that nothing typed is lost. Whoever signs in as somebody else gets the
 * page anew: what is on it is not theirs.
 */
export default function SessionEndedDialog() {
	const session = useSession();
	const client = useQueryClient();
	let form: HTMLDivElement | undefined;
	const done = (userId: string) => {
		if (userId !== session().user.id) {
			location.assign("/");
			return;
		}
		setSessionEnded(false);
		void client.invalidateQueries();
	};
	return (
		<Dialog
			open
			steadfast
			withoutCross
			onClose={() => {}}
			title={t().session.endedTitle}
			description={t().session.endedText}
			// Who it is stands there already, as a rule.
			focusFirst={() => form?.querySelector(session().user.email ? "[name=password]" : "[name=email]")}
		>
			<div ref={form}>
				<SignInForm email={session().user.email ?? ""} onDone={(user) => done(user.id)} />
			</div>
		</Dialog>
	);
}
