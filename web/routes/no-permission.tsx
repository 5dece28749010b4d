import { ADMIN_INTEGRATIONS, type Permission } from "../../db/enums.ts";
import { t } from "../i18n/index.ts";
import { useSession } from "../session/session.tsx";
import { useTitle } from "../shell/shell.tsx";
import { EmptyState } from "../ui/states.tsx";

/** What is missing and whom to ask: the capability for integrations, unless the screen needs another permission. */
export default function NoPermission(props: { permission?: Permission }) {
	const session = useSession();
	const title = () => (props.permission === undefined ? t().noPermission.title : t().noPermission.screenTitle);
	const missing = () => (props.permission === undefined ? t().noPermission.missing : t().noPermission.screenMissing);
	useTitle(title);
	return (
		<EmptyState screen title={title()}>
			<p>{missing()(session().tenant?.name ?? "SalesOS")}</p>
			<p>
				<code>{props.permission ?? ADMIN_INTEGRATIONS}</code>
			</p>
			<p>{t().noPermission.ask}</p>
		</EmptyState>
	);
}
