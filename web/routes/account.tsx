import { useNavigate } from "@solidjs/router";
import { useQueryClient } from "@tanstack/solid-query";
import { createSignal, Show } from "solid-js";
import { Dynamic } from "solid-js/web";
import { createAction } from "../api/action.ts";
import { api } from "../api/client.ts";
import { ProblemNote } from "../api/problem-view.tsx";
import type ChangePasswordDialog from "../features/account/change-password.tsx";
import { Quotas } from "../features/account/quotas.tsx";
import { chooseLanguage, t, withPart } from "../i18n/index.ts";
import { loadModule } from "../load-module.ts";
import { paths } from "../paths.ts";
import { LANGUAGES, type Language, language, setTheme, THEMES, theme } from "../preferences.ts";
import { may, useSession } from "../session/session.tsx";
import { useTitle } from "../shell/shell.tsx";
import { useShortcuts } from "../shell/shortcuts.tsx";
import { Button, LinkButton } from "../ui/button.tsx";
import { Segmented } from "../ui/field.tsx";
import { notify } from "../ui/toast.tsx";
import styles from "./account.module.css";

/** Each language by its own name, so that a person who cannot read the current one finds theirs. */
const LANGUAGE_NAMES = { en: "English", "pt-BR": "Português" } as const;

/** The person, the preferences of the page, and the button to sign out. */
export default function Account() {
	const session = useSession();
	const navigate = useNavigate();
	const client = useQueryClient();
	const shortcuts = useShortcuts();
	useTitle(() => t().shell.account);
	const signOut = createAction(async () => {
		const { provider_url } = await api.session.logout.mutate();
		client.clear();
		if (provider_url === null) navigate(paths.signIn, { replace: true });
		else location.assign(provider_url);
	});
	const [wanted, setWanted] = createSignal(language());
	const change = async (value: Language) => {
		setWanted(value);
		try {
			await chooseLanguage(value);
		} catch {
			notify(t().problems.partMissing);
			setWanted(language());
		}
	};
	// Few visits change a password, so the dialog and its texts load on demand.
	const [PasswordDialog, setPasswordDialog] = createSignal<typeof ChangePasswordDialog | null>(null);
	const openPassword = async () => {
		const loaded = await loadModule(() => withPart("members", import("../features/account/change-password.tsx")));
		if (loaded) setPasswordDialog(() => loaded);
	};
	const user = () => session().user;
	return (
		<div class={styles.page}>
			<h1>{t().shell.account}</h1>
			<dl class={styles.facts}>
				<div>
					<dt>{t().account.name}</dt>
					<dd>{user().name ?? "–"}</dd>
				</div>
				<div>
					<dt>{t().account.email}</dt>
					<dd>{user().email ?? "–"}</dd>
				</div>
				<div>
					<dt>{t().account.company}</dt>
					<dd>{session().tenant?.name ?? user().tenant_id}</dd>
				</div>
				<div>
					<dt>{t().account.role}</dt>
					<dd>{t().account.roles[user().role]}</dd>
				</div>
			</dl>
			<div class={styles.setting}>
				<span aria-hidden="true">{t().account.theme}</span>
				<Segmented
					label={t().account.theme}
					value={theme()}
					options={THEMES.map((value) => ({ value, label: t().account.themes[value] }))}
					onChange={setTheme}
				/>
			</div>
			<div class={styles.setting}>
				<span aria-hidden="true">{t().account.language}</span>
				<Segmented
					label={t().account.language}
					value={wanted()}
					options={LANGUAGES.map((value) => ({ value, label: LANGUAGE_NAMES[value] }))}
					onChange={(value) => void change(value)}
				/>
			</div>
			<Show when={may(session(), "keys:write")}>
				<Quotas />
			</Show>
			<div class={styles.buttons}>
				<LinkButton href={paths.sessions}>{t().account.sessions}</LinkButton>
				<Button onClick={shortcuts.show} shortcut="?">
					{t().shell.shortcuts.title}
				</Button>
				<Button onClick={() => void openPassword()}>{t().account.changePassword}</Button>
				<Button busy={signOut.busy()} onClick={() => void signOut.run()}>
					{t().session.signOut}
				</Button>
			</div>
			<ProblemNote problem={signOut.problem()} />
			<Show when={PasswordDialog()}>
				{(dialog) => <Dynamic component={dialog()} onClose={() => setPasswordDialog(null)} />}
			</Show>
		</div>
	);
}
