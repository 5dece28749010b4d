import type { Problem } from "../../../api/problem.ts";
import { ProblemNote } from "../../../api/problem-view.tsx";
import { t } from "../../../i18n/index.ts";
import { paths } from "../../../paths.ts";
import { Button, LinkButton } from "../../../ui/button.tsx";
import { Notice } from "../../../ui/states.tsx";
import styles from "./key-form.module.css";

/** The key exists, but the response with its secret was lost, so no one can use it. */
export function LostKey(props: { id: string; busy: boolean; problem: Problem | null; onReplace: () => void }) {
	return (
		<div role="alert" class={styles.aside}>
			<Notice tone="warning">
				<p>{t().create.lost.text}</p>
				<div class={styles.buttons}>
					<Button variant="primary" busy={props.busy} onClick={() => props.onReplace()}>
						{t().create.lost.replace}
					</Button>
					<LinkButton href={paths.key(props.id)}>{t().create.lost.open}</LinkButton>
				</div>
			</Notice>
			<ProblemNote problem={props.problem} />
		</div>
	);
}
