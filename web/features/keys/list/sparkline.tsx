import { formatNumber } from "../../../i18n/format.ts";
import { t } from "../../../i18n/index.ts";
import styles from "./sparkline.module.css";

const HEIGHT = 18;
const STEP = 2;

/** One path for all bars, since a list shows dozens of sparklines. Even a single request is at least a pixel high. */
function bars(counts: readonly number[]): string {
	const most = Math.max(...counts, 1);
	return counts
		.map((count, index) => {
			const height = count === 0 ? 0 : Math.max(1, Math.round((count / most) * HEIGHT));
			return height === 0 ? "" : `M${index * STEP} ${HEIGHT}v-${height}h1.5v${height}z`;
		})
		.join("");
}

/** Admitted requests per hour, oldest first. Each key has its own scale. */
export function Sparkline(props: { counts: readonly number[] }) {
	const width = () => props.counts.length * STEP;
	const total = () => props.counts.reduce((sum, count) => sum + count, 0);
	const label = () => t().keys.recentUsage(total(), formatNumber(total()));
	return (
		<svg
			class={styles.sparkline}
			width={width()}
			height={HEIGHT + 1}
			viewBox={`0 0 ${width()} ${HEIGHT + 1}`}
			role="img"
			aria-label={label()}
		>
			<title>{label()}</title>
			<path class={styles.ground} d={`M0 ${HEIGHT + 0.5}h${width()}`} />
			<path class={styles.bars} d={bars(props.counts)} />
		</svg>
	);
}
