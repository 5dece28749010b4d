import { createEffect, ErrorBoundary, type JSX, on } from "solid-js";
import { t } from "../i18n/index.ts";
import { Button } from "../ui/button.tsx";
import { EmptyState } from "../ui/states.tsx";

/** Catches a screen that fails or cannot be loaded, so that the rest of the page keeps working. A new `path` starts afresh. */
export function ScreenBoundary(props: { path: string; children: JSX.Element }) {
	return (
		<ErrorBoundary
			fallback={(error, reset) => {
				// Not shown to people, but developers look for it in the console.
				console.error(error);
				createEffect(on(() => props.path, reset, { defer: true }));
				return (
					<div role="alert">
						<EmptyState
							screen
							title={t().problems.screenTitle}
							action={
								<Button variant="primary" onClick={() => location.reload()}>
									{t().problems.reload}
								</Button>
							}
						>
							<p>{t().problems.screenText}</p>
						</EmptyState>
					</div>
				);
			}}
		>
			{props.children}
		</ErrorBoundary>
	);
}
