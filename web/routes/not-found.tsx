import { t } from "../i18n/index.ts";
import { paths } from "../paths.ts";
import { useTitle } from "../shell/shell.tsx";
import { LinkButton } from "../ui/button.tsx";
import { EmptyState } from "../ui/states.tsx";

/** No screen has this path. */
export default function NotFound() {
	useTitle(() => t().shell.notFound.title);
	return (
		<EmptyState
			screen
			title={t().shell.notFound.title}
			action={<LinkButton href={paths.keys}>{t().shell.notFound.home}</LinkButton>}
		>
			<p>{t().shell.notFound.text}</p>
		</EmptyState>
	);
}
