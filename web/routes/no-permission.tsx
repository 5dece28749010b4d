import { ADMIN_INTEGRATIONS } from "../../db/enums.ts";
import { t } from "../i18n/index.ts";
import { useSession } from "../session/session.tsx";
import { useTitle } from "../shell/shell.tsx";
import { EmptyState } from "../ui/states.tsx";

/** For people without the capability: what is missing and whom to ask. */
export default function NoPermission() {
	const session = useSession();
	useTitle(() => t().noPermission.title);
	return (
		<EmptyState screen title={t().noPermission.title}>
			<p>{t().noPermission.missing(session().tenant?.name ?? "SalesOS")}</p>
			<p>
				<code>{ADMIN_INTEGRATIONS}</code>
			</p>
			<p>{t().noPermission.ask}</p>
		</EmptyState>
	);
}
