import type { Accessor } from "solid-js";
import { formatExactTime, formatRelative } from "../i18n/format.ts";

/** How long ago or ahead; the exact instant on hover. */
export function RelativeTime(props: { at: string; now: Accessor<number> }) {
	return (
		<time datetime={props.at} title={formatExactTime(props.at)}>
			{formatRelative(props.at, props.now())}
		</time>
	);
}
