import { For, type JSX, Show } from "solid-js";
import { t } from "../../i18n/index.ts";
import { Icon } from "../../ui/icon.tsx";
import styles from "./sandbox.module.css";
import type { Outcome } from "./signed-call.ts";

type Response = NonNullable<Outcome["response"]>;

/** What was signed and sent, and what the response means. */
export function SandboxResult(props: { outcome: Outcome | null }) {
	const words = () => t().sandbox;
	return (
		<section class={styles.result} aria-labelledby="result-title">
			<h2 id="result-title">{words().result}</h2>
			<div role="status" class={styles.meaning}>
				<Show when={props.outcome} fallback={<p class="secondary">{words().nothingSent}</p>}>
					{(outcome) => <Meaning response={outcome().response} />}
				</Show>
			</div>
			<Show when={props.outcome}>
				{(outcome) => (
					<>
						<Part title={words().signed}>
							<p class="secondary">{words().signedHint}</p>
							<dl class={styles.parts}>
								<For each={PARTS}>
									{(part) => (
										<div>
											<dt>{words().parts[part]}</dt>
											<dd>
												<code>{outcome().parts[part]}</code>
											</dd>
										</div>
									)}
								</For>
							</dl>
						</Part>
						<Part title={words().headers}>
							<Lines text={outcome().headers.join("\n")} />
						</Part>
						<Show when={outcome().response}>
							{(response) => (
								<Part title={words().response}>
									<Lines text={linesOf(response())} />
								</Part>
							)}
						</Show>
					</>
				)}
			</Show>
		</section>
	);
}

/** In the order of the HMACs. */
const PARTS = ["key", "timestamp", "method", "path", "bodyHash"] as const satisfies (keyof Outcome["parts"])[];

const linesOf = ({ status, headers, body }: Response): string =>
	[`HTTP ${status}`, ...headers, "", body].join("\n").trimEnd();

/** One sentence about the response, and what to do if it is a refusal. */
function Meaning(props: { response: Outcome["response"] }) {
	const words = () => t().sandbox.meanings;
	const texts = (): { title: string; advice: string } => {
		const { response } = props;
		if (response === null) return words().unanswered;
		if (response.cause !== null) return words()[response.cause];
		if (response.status < 300) return words().admitted;
		return response.status === 401 || response.status === 403 || response.status === 429
			? words().refused
			: words().failed;
	};
	const isAdmitted = () => props.response !== null && props.response.status < 300;
	return (
		<div class={styles.answer} data-admitted={isAdmitted()}>
			<Icon name={isAdmitted() ? "check" : "warning"} />
			<div>
				<p class={styles.verdict}>
					{props.response === null ? texts().title : `${props.response.status} · ${texts().title}`}
				</p>
				<p>{texts().advice}</p>
			</div>
		</div>
	);
}

function Part(props: { title: string; children: JSX.Element }) {
	return (
		<div class={styles.part}>
			<h3>{props.title}</h3>
			{props.children}
		</div>
	);
}

const Lines = (props: { text: string }) => (
	<pre class={styles.lines}>
		<code translate="no">{props.text}</code>
	</pre>
);
