import { t } from "../i18n/index.ts";
import { HOME } from "../session/local-path.ts";
import { useTitle } from "../shell/title.ts";
import { LinkButton } from "../ui/button.tsx";
import { EmptyState } from "../ui/states.tsx";

/** There is no such screen. */
export default function NotFound() {
	useTitle(() => t().shell.notFound.title);
	return (
		<EmptyState
			screen
			title={t().shell.notFound.title}
			action={<LinkButton href={HOME}>{t().shell.notFound.home}</LinkButton>}
		>
			<p>{t().shell.notFound.text}</p>
		</EmptyState>
	);
}
