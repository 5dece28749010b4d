import { A } from "@solidjs/router";
import { useQuery } from "@tanstack/solid-query";
import { For, Show } from "solid-js";
import type { OperationsSecrets } from "../../../worker/schemas/operations.ts";
import { Loaded } from "../../api/loaded.tsx";
import { formatDateTime, formatNumber } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import { paths } from "../../paths.ts";
import { platformApi } from "../platform/api.ts";
import styles from "../platform/platform.module.css";

type Secret = OperationsSecrets["secrets"][number];
type Previous = NonNullable<Secret["previous"]>;

const words = () => t().operations.secrets;

/** The generations of the secrets: what depends on the previous one, and when it can be removed. */
export function SecretsSection() {
	const query = useQuery(() => ({
		queryKey: ["platform", "operations", "secrets"],
		queryFn: ({ signal }: { signal: AbortSignal }) => platformApi.operations.secrets.query(undefined, { signal }),
	}));
	return (
		<section class={styles.section} aria-labelledby="operations-secrets">
			<h2 id="operations-secrets">{words().title}</h2>
			<p>{words().hint}</p>
			<Loaded query={query} failure={words().loadFailed} height="180px">
				{(state) => <SecretTable secrets={state().secrets} />}
			</Loaded>
		</section>
	);
}

function SecretTable(props: { secrets: Secret[] }) {
	const hasDependents = () => props.secrets.some(({ previous }) => previous?.tenants.length);
	return (
		<>
			<div class={styles.scroll}>
				<table class={styles.table} aria-label={words().title}>
					<thead>
						<tr>
							<th scope="col">{words().columns.secret}</th>
							<th scope="col">{words().columns.current}</th>
							<th scope="col">{words().columns.previous}</th>
							<th scope="col">{words().columns.needed}</th>
							<th scope="col">{words().columns.go}</th>
						</tr>
					</thead>
					<tbody>
						<For each={props.secrets}>
							{(secret) => (
								<tr>
									<th scope="row">
										<code>{secret.name}</code>
									</th>
									<td>{generation(secret)}</td>
									<Show when={secret.previous} fallback={<td colSpan={3}>{words().none}</td>}>
										{(previous) => (
											<>
												<td>{generation(previous())}</td>
												<td>
													<Need previous={previous()} />
												</td>
												<td>{removal(previous())}</td>
											</>
										)}
									</Show>
								</tr>
							)}
						</For>
					</tbody>
				</table>
			</div>
			<For each={props.secrets.flatMap(({ missing }) => missing)}>
				{({ id, api_keys }) => <p role="alert">{words().missing(formatNumber(api_keys), id)}</p>}
			</For>
			<Show when={hasDependents()}>
				<p>
					{words().listOfKeys} <code>{new URL(paths.keysOfPreviousPepper, location.origin).href}</code>
				</p>
			</Show>
		</>
	);
}

/** What depends on the previous secret, and whose it is. */
function Need(props: { previous: Previous }) {
	return (
		<Show
			when={props.previous.dependents}
			fallback={
				props.previous.last_used_at === null
					? words().neverUsed
					: words().lastUsed(formatDateTime(props.previous.last_used_at))
			}
		>
			{(dependents) => (
				<>
					{dependents().is_lower_bound && "≥ "}
					{counted(dependents())}
					<For each={props.previous.tenants}>
						{(tenant) => (
							<div>
								<A href={paths.platformTenant(tenant.id)}>{tenant.name}</A>: {counted(tenant)}
							</div>
						)}
					</For>
				</>
			)}
		</Show>
	);
}

const counted = ({ api_keys, management_tokens }: { api_keys: number; management_tokens: number }) =>
	[
		words().keys(formatNumber(api_keys), api_keys === 1),
		...(management_tokens === 0 ? [] : [words().tokens(formatNumber(management_tokens), management_tokens === 1)]),
	].join(", ");

const generation = ({ id, since }: { id: string; since: string | null }) =>
	since === null ? id : words().since(id, formatDateTime(since));

function removal({ removable_at }: Previous): string {
	if (removable_at === null) return words().notYet;
	return Date.parse(removable_at) <= Date.now() ? words().now : words().from(formatDateTime(removable_at));
}
