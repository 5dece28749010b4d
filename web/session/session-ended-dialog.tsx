import { useQueryClient } from "@tanstack/solid-query";
import { setSessionEnded } from "../api/query-client.ts";
import { t } from "../i18n/index.ts";
import { Dialog } from "../ui/dialog.tsx";
import { useSession } from "./session.tsx";
import { SignInWays, useSignInOptions } from "./sign-in-ways.tsx";

/**
 * Signs in again on top of the screen, so that nothing typed is lost. If another person signs in, the page reloads:
 * what it shows is not theirs.
 */
export default function SessionEndedDialog() {
	const session = useSession();
	const client = useQueryClient();
	const options = useSignInOptions();
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
			ignoreOutsideClick
			onClose={() => {}}
			title={t().session.endedTitle}
			description={t().session.endedText}
			// The email is usually filled in.
			focusFirst={() => form?.querySelector(session().user.email ? "[name=password]" : "[name=email]")}
		>
			<div ref={form}>
				<SignInWays options={options()} email={session().user.email ?? ""} inNewTab onDone={(user) => done(user.id)} />
			</div>
		</Dialog>
	);
}
