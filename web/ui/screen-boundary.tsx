import { createEffect, ErrorBoundary, type JSX, on } from "solid-js";
import { t } from "../i18n/index.ts";
import { Button } from "./button.tsx";
import { EmptyState } from "./states.tsx";

/**
 * Around a screen: one that cannot be loaded or that fails says so in its own place, instead of taking the page with
 * it. Going elsewhere, by another `address`, begins anew.
 */
export function ScreenBoundary(props: { address: string; children: JSX.Element }) {
	return (
		<ErrorBoundary
			fallback={(error, reset) => {
				// Whoever looks into it finds it where such things are looked for.
				console.error(error);
				createEffect(on(() => props.address, reset, { defer: true }));
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
