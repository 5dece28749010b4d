/** The page: tells whether the service is up. */
import { createResource, Match, Switch } from "solid-js";
import { render } from "solid-js/web";
import "./main.css";

async function isUp(): Promise<boolean> {
	const response = await fetch("/healthz");
	return response.ok;
}

function Status() {
	const [up] = createResource(isUp);
	return (
		<main>
			<h1>SalesOS API keys</h1>
			<p role="status">
				<Switch fallback="Asking the service…">
					<Match when={up.error || up() === false}>The service does not answer. Reload the page to ask again.</Match>
					<Match when={up()}>The service is up.</Match>
				</Switch>
			</p>
		</main>
	);
}

const root = document.getElementById("root");
if (root) render(() => <Status />, root);
