import { A } from "@solidjs/router";
import { type Accessor, For, type JSX, Show } from "solid-js";
import { SCOPES } from "../../../../db/enums.ts";
import type { ApiKey } from "../../../api/types.ts";
import { formatDate, formatExactTime, formatNumber } from "../../../i18n/format.ts";
import { t } from "../../../i18n/index.ts";
import { paths } from "../../../paths.ts";
import { RelativeTime } from "../../../time.tsx";
import { CopyButton } from "../../../ui/copy-button.tsx";
import { Skeleton } from "../../../ui/states.tsx";
import { notify } from "../../../ui/toast.tsx";
import { keyState } from "../key-state.ts";
import { ScopeList } from "../scope-list.tsx";
import styles from "./key-facts.module.css";
import { usePeople } from "./key-facts-people.ts";

/** Further IP addresses are in a closed details element. */
const ADDRESSES_SHOWN = 3;

/** The settings and history of one key. */
export function KeyFacts(props: { apiKey: ApiKey; now: Accessor<number> }) {
	const people = usePeople(props.apiKey.id);
	const words = () => t().key.facts;
	const isRevoked = () => keyState(props.apiKey, props.now()) === "revoked";
	const isOver = (at: string) => Date.parse(at) <= props.now();
	const reason = () => {
		const event = people.lastOf("api_key.revoke");
		const given = event?.changes.reason?.to;
		// The service itself gives only one reason, and in English.
		if (event?.actor === "system") return t().audit.rotationNotCompleted;
		return typeof given === "string" ? given : null;
	};
	return (
		<dl class={styles.facts}>
			<Fact label={words().scopes} wide>
				<Scopes scopes={props.apiKey.scopes} />
			</Fact>
			<Show when={props.apiKey.authentication === "signed"}>
				<Fact label={words().authentication}>
					{t().keys.authentications.signed}
					<A class={styles.try} href={paths.sandbox}>
						{t().keys.trySigned}
					</A>
				</Fact>
			</Show>
			<Fact label={words().limit}>
				<span>{words().perHour(props.apiKey.rate_limit, formatNumber(props.apiKey.rate_limit))}</span>
			</Fact>
			<Fact label={words().addresses}>
				<Addresses addresses={props.apiKey.ip_allowlist} />
			</Fact>
			<Fact label={words().created}>
				<DateFact at={props.apiKey.created_at} />
				<span class={styles.more}>{words().by(people.nameOf(props.apiKey.created_by))}</span>
			</Fact>
			<Show when={props.apiKey.origin === "imported"}>
				{/* The service learns the last characters of an imported key from its first use. */}
				<Fact label={words().origin}>{props.apiKey.last_four ? words().imported : words().importedUnused}</Fact>
			</Show>
			{/* The expiry of a revoked key has no meaning any more. */}
			<Show when={!isRevoked()}>
				<Show when={props.apiKey.expires_at} fallback={<Fact label={words().expires}>{t().keys.neverExpires}</Fact>}>
					{(at) => (
						<Fact label={isOver(at()) ? words().expired : words().expires}>
							<DateFact at={at()} now={props.now} />
						</Fact>
					)}
				</Show>
			</Show>
			<Fact label={words().lastUsed}>
				<Show when={props.apiKey.last_used_at} fallback={t().keys.neverUsed}>
					{(at) => <RelativeTime at={at()} now={props.now} />}
				</Show>
			</Fact>
			<Fact label={words().requests}>
				<span class="number">{formatNumber(props.apiKey.usage_count)}</span>
			</Fact>
			<Show when={!isRevoked() && props.apiKey.revokes_at}>
				{(at) => (
					<Fact label={words().ends}>
						<DateFact at={at()} now={props.now} />
					</Fact>
				)}
			</Show>
			<Show when={props.apiKey.revoked_at}>
				{(at) => (
					<Fact label={words().revoked} wide={reason() !== null}>
						<DateFact at={at()} now={props.now} />
						<Show when={props.apiKey.revoked_by}>
							{(actor) => <span class={styles.more}>{words().by(people.nameOf(actor()))}</span>}
						</Show>
						<Show when={reason()}>{(text) => <span class={styles.more}>{words().because(text())}</span>}</Show>
					</Fact>
				)}
			</Show>
			<Show when={props.apiKey.rotated_from}>
				{(id) => (
					<Fact label={words().rotatedFrom}>
						<OtherKey id={id()} environment={props.apiKey.environment} />
					</Fact>
				)}
			</Show>
			<Show when={props.apiKey.rotated_to}>
				{(id) => (
					<Fact label={words().rotatedTo}>
						<OtherKey id={id()} environment={props.apiKey.environment} />
					</Fact>
				)}
			</Show>
			<Fact label={words().id}>
				<span class={styles.id}>
					<code>{props.apiKey.id}</code>
					<CopyButton
						text={() => props.apiKey.id}
						variant="quiet"
						label={t().common.copy}
						copiedLabel={t().common.copied}
						description={t().keys.copyId}
						onRefused={() => notify(t().common.copyFailed)}
					/>
				</span>
			</Fact>
		</dl>
	);
}

/** The facts that every key has, as a skeleton of the same layout. */
export function KeyFactsSkeleton() {
	const words = () => t().key.facts;
	const labels = () => [words().limit, words().addresses, words().created, words().expires, words().lastUsed];
	return (
		<dl class={styles.facts} aria-busy="true">
			<Fact label={words().scopes} wide>
				<Skeleton width="60%" />
			</Fact>
			<For each={[...labels(), words().requests, words().id]}>
				{(label) => (
					<Fact label={label}>
						<Skeleton width="72px" />
						<Show when={label === words().created}>
							<span class={styles.more}>
								<Skeleton width="120px" height="10px" />
							</span>
						</Show>
					</Fact>
				)}
			</For>
		</dl>
	);
}

function Fact(props: { label: string; wide?: boolean; children: JSX.Element }) {
	return (
		<div class={styles.fact} data-wide={props.wide === true}>
			<dt>{props.label}</dt>
			<dd>{props.children}</dd>
		</div>
	);
}

/** A date, with the exact time on hover. With `now` also how far away it is. */
function DateFact(props: { at: string; now?: Accessor<number> }) {
	return (
		<>
			<time datetime={props.at} title={formatExactTime(props.at)}>
				{formatDate(props.at)}
			</time>
			<Show when={props.now}>
				{(now) => (
					<span class={styles.more}>
						<RelativeTime at={props.at} now={now()} />
					</span>
				)}
			</Show>
		</>
	);
}

/** Each scope with what it grants. A key without scopes may do everything, so that is said explicitly. */
function Scopes(props: { scopes: readonly string[] }) {
	return (
		<Show
			when={props.scopes.length > 0}
			fallback={
				<div class={styles.scope}>
					<ScopeList scopes={[]} />
					<span class={styles.grants}>{t().keys.unrestrictedHint}</span>
				</div>
			}
		>
			<ul class={styles.scopes}>
				<For each={props.scopes}>
					{(scope) => (
						<li class={styles.scope}>
							<ScopeList scopes={[scope]} />
							<span class={styles.grants}>{grantsOf(scope)}</span>
						</li>
					)}
				</For>
			</ul>
		</Show>
	);
}

/** Empty for a scope that this version of the page does not know. */
function grantsOf(scope: string): string {
	const known = SCOPES.find((one) => one === scope);
	return known ? t().keys.scopeGrants[known] : "";
}

function Addresses(props: { addresses: readonly string[] }) {
	const rest = () => props.addresses.slice(ADDRESSES_SHOWN);
	return (
		<Show when={props.addresses.length > 0} fallback={t().key.facts.anyAddress}>
			<ul class={styles.addresses}>
				<For each={props.addresses.slice(0, ADDRESSES_SHOWN)}>{(address) => <Address address={address} />}</For>
			</ul>
			<Show when={rest().length > 0}>
				<details class={styles.rest}>
					<summary>{t().key.facts.moreAddresses(rest().length)}</summary>
					<ul class={styles.addresses}>
						<For each={rest()}>{(address) => <Address address={address} />}</For>
					</ul>
				</details>
			</Show>
		</Show>
	);
}

function Address(props: { address: string }) {
	return (
		<li>
			<code>{props.address}</code>
		</li>
	);
}

/** A key that this one follows or is followed by. Its id begins the key itself, by which people know it. */
function OtherKey(props: { id: string; environment: ApiKey["environment"] }) {
	return (
		<A href={paths.key(props.id)}>
			<code>{`sk_${props.environment}_${props.id.slice(0, 4)}…`}</code>
		</A>
	);
}
