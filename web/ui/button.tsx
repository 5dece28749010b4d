import { A } from "@solidjs/router";
import { type ComponentProps, type JSX, Show, splitProps } from "solid-js";
import styles from "./button.module.css";
import { Icon, type IconName } from "./icon.tsx";

interface Look {
	/** `primary` is the main action of a screen; `danger` destroys something; `quiet` has no frame. */
	variant?: "primary" | "secondary" | "danger" | "quiet";
	icon?: IconName;
	/** Keyboard shortcut, shown beside the label. */
	shortcut?: string;
}

const classOf = (look: Look, more: string | undefined) =>
	[styles.button, styles[look.variant ?? "secondary"], more].filter(Boolean).join(" ");

function Content(props: Look & { children: JSX.Element }) {
	return (
		<>
			<Show when={props.icon}>{(name) => <Icon name={name()} />}</Show>
			{props.children}
			<Show when={props.shortcut}>
				{(key) => (
					<span aria-hidden="true">
						<kbd>{key()}</kbd>
					</span>
				)}
			</Show>
		</>
	);
}

/** A button. While `busy` it keeps its place and its focus, and ignores clicks. */
export function Button(props: Look & { busy?: boolean } & ComponentProps<"button">) {
	const [look, own, rest] = splitProps(
		props,
		["variant", "icon", "shortcut"],
		["busy", "class", "children", "onClick"],
	);
	return (
		<button
			type="button"
			{...rest}
			class={classOf(look, own.class)}
			aria-busy={own.busy ? "true" : undefined}
			aria-disabled={own.busy ? "true" : undefined}
			aria-keyshortcuts={look.shortcut}
			onClick={(event) => {
				if (own.busy) event.preventDefault();
				else if (typeof own.onClick === "function") own.onClick(event);
			}}
		>
			<Content {...look}>{own.children}</Content>
		</button>
	);
}

/** A link that looks like a button. */
export function LinkButton(props: Look & { href: string } & Omit<ComponentProps<"a">, "href" | "state">) {
	const [look, own, rest] = splitProps(props, ["variant", "icon", "shortcut"], ["class", "children"]);
	return (
		<A {...rest} class={classOf(look, own.class)} aria-keyshortcuts={look.shortcut}>
			<Content {...look}>{own.children}</Content>
		</A>
	);
}
