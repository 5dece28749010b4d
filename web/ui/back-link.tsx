import { A } from "@solidjs/router";
import type { JSX } from "solid-js";
import styles from "./back-link.module.css";
import { Icon } from "./icon.tsx";

/** Leads to the screen above, at the top of a screen. */
export function BackLink(props: { href: string; children: JSX.Element }) {
	return (
		<A href={props.href} class={styles.back}>
			<Icon name="back" />
			{props.children}
		</A>
	);
}
