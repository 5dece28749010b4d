import { useNavigate, useSearchParams } from "@solidjs/router";
import { useQuery, useQueryClient } from "@tanstack/solid-query";
import { createSignal, For, onCleanup, onMount, Show } from "solid-js";
import { AUTHENTICATIONS, ENVIRONMENTS, type Environment } from "../../db/enums.ts";
import { createAction } from "../api/action.ts";
import { keyChanged, refreshLists } from "../api/cache.ts";
import { api } from "../api/client.ts";
import { isPassing } from "../api/problem.ts";
import { dataOf, keyQuery } from "../api/queries.ts";
import type { ApiKey, CreateInput } from "../api/types.ts";
import { ExpiryField } from "../features/keys/form/expiry-field.tsx";
import fields from "../features/keys/form/key-form.module.css";
import { createInput, draftLike, newDraft } from "../features/keys/form/key-form-draft.ts";
import { errorsFromService, errorsOfNew } from "../features/keys/form/key-form-errors.ts";
import { AddressesField, NameField, RateLimitField, ScopesField } from "../features/keys/form/key-form-fields.tsx";
import { FormProblem } from "../features/keys/form/key-form-problem.tsx";
import { createKeyForm } from "../features/keys/form/key-form-state.ts";
import { LostKey } from "../features/keys/form/lost-key.tsx";
import { createdEarlier, createOnce } from "../features/keys/form/once.ts";
import { type IssuedKey, RevealDialog } from "../features/keys/reveal/reveal-dialog.tsx";
import { guardLeaving } from "../features/keys/reveal/reveal-guard.ts";
import { formatNumber } from "../i18n/format.ts";
import { t } from "../i18n/index.ts";
import { paths } from "../paths.ts";
import { serverNow } from "../server-time.ts";
import { useTitle } from "../shell/shell.tsx";
import { Button, LinkButton } from "../ui/button.tsx";
import { Choice, ChoiceGroup } from "../ui/field.tsx";
import { Notice, Skeleton } from "../ui/states.tsx";
// Imported statically: if it failed to load after the key was created, the key could not be shown.
import styles from "./create-key.module.css";

/** The screen that creates an API key. `like` names a key whose settings the form starts with. */
export default function CreateKeyScreen() {
	const [search] = useSearchParams<{ env?: string; like?: string }>();
	const model = useQuery(() => ({
		...keyQuery(search.like ?? ""),
		enabled: search.like !== undefined,
		staleTime: Number.POSITIVE_INFINITY,
	}));
	const environment = ENVIRONMENTS.find((known) => known === search.env) ?? "live";
	return (
		<Show when={search.like === undefined || !model.isPending} fallback={<Skeleton height="480px" />}>
			<CreateKey environment={environment} model={dataOf(model)} />
		</Show>
	);
}

/** The form, and the dialog that shows the key once. */
function CreateKey(props: { environment: Environment; model: ApiKey | undefined }) {
	const navigate = useNavigate();
	const client = useQueryClient();
	useTitle(() => t().create.title);

	const { environment, model } = props;
	const form = createKeyForm(model ? draftLike(model, formatNumber) : newDraft(environment, formatNumber), (draft) =>
		errorsOfNew(draft, serverNow()),
	);
	/** The only place that holds the key, until the person closes the dialog. */
	const [issued, setIssued] = createSignal<IssuedKey | null>(null);
	onCleanup(() => setIssued(null));

	const once = createOnce();
	const create = createAction(async (input: CreateInput) => {
		const { key, secret, api_key } = await api.keys.create.mutate({ ...input, idempotency_key: once.keyFor(input) });
		once.forget();
		setIssued({ secret: key, signingSecret: secret, apiKey: api_key });
	});
	/** An earlier attempt created the key, but its response with the secret was lost. */
	const lostId = () => {
		const problem = create.problem();
		return problem ? createdEarlier(problem) : undefined;
	};
	const replaceLost = createAction(async (id: string) => {
		keyChanged(client, await api.keys.revoke.mutate({ id, reason: t().create.lost.reason }));
		once.forget();
		return true;
	});
	// The response will carry the only copy of the key.
	guardLeaving(create.busy, () => {});
	const submit = async (element: HTMLFormElement) => {
		if (create.busy() || !form.submit(element)) return;
		await create.run(createInput(form.draft));
		const problem = create.problem();
		if (problem) form.showServiceErrors(errorsFromService(problem.details, form.draft).errors, element);
		// Also without a response, or if the service failed midway: the key may exist.
		if (!problem || isPassing(problem)) refreshLists(client);
	};
	const revokeAndCreate = async (id: string) => {
		if ((await replaceLost.run(id)) && formElement) await submit(formElement);
	};
	const done = (id: string) => {
		setIssued(null);
		// Replaces the form in the history, so that going back leads to the list.
		navigate(paths.key(id), { replace: true });
	};

	let formElement: HTMLFormElement | undefined;
	let name: HTMLInputElement | undefined;
	onMount(() => name?.focus());

	return (
		<div class={styles.page}>
			<h1>{t().create.title}</h1>
			<form
				class={fields.form}
				ref={formElement}
				onSubmit={(event) => {
					event.preventDefault();
					void submit(event.currentTarget);
				}}
				noValidate
				method="post"
			>
				<Show when={model}>{(key) => <Notice tone="calm">{t().create.like(key().name)}</Notice>}</Show>
				<NameField form={form} hint={t().create.nameHint} ref={(element) => (name = element)} />
				<ChoiceGroup label={t().create.environment}>
					<div class={fields.environments}>
						<For each={ENVIRONMENTS}>
							{(value) => (
								<Choice
									type="radio"
									name="environment"
									class={fields.choice ?? ""}
									label={t().keys.environments[value]}
									hint={t().create.environmentHints[value]}
									checked={form.draft.environment === value}
									onChange={() => form.edit(null, { environment: value })}
								/>
							)}
						</For>
					</div>
				</ChoiceGroup>
				<ChoiceGroup label={t().create.authentication}>
					<div class={fields.environments}>
						<For each={AUTHENTICATIONS}>
							{(value) => (
								<Choice
									type="radio"
									name="authentication"
									class={fields.choice ?? ""}
									label={t().keys.authentications[value]}
									hint={t().create.authenticationHints[value]}
									checked={form.draft.authentication === value}
									onChange={() => form.edit(null, { authentication: value })}
								/>
							)}
						</For>
					</div>
				</ChoiceGroup>
				<ScopesField form={form} hint={t().create.scopesHint} />
				<RateLimitField form={form} />
				<ExpiryField form={form} />
				<AddressesField form={form} />
				<div class={fields.end}>
					<Show
						when={lostId()}
						fallback={<FormProblem problem={create.problem()} draft={form.draft} unanswered={t().create.noAnswer} />}
					>
						{(id) => (
							<LostKey
								id={id()}
								busy={replaceLost.busy() || create.busy()}
								problem={replaceLost.problem()}
								onReplace={() => void revokeAndCreate(id())}
							/>
						)}
					</Show>
					<div class={styles.buttons}>
						<Button type="submit" variant="primary" busy={create.busy()}>
							{create.busy() ? t().create.submitting : t().create.submit}
						</Button>
						<LinkButton href={environment === "test" ? `${paths.keys}?env=test` : paths.keys}>
							{t().common.cancel}
						</LinkButton>
					</div>
				</div>
			</form>
			<Show when={issued()} keyed>
				{(key) => <RevealDialog issued={key} onDone={() => done(key.apiKey.id)} />}
			</Show>
		</div>
	);
}
