/** Entry of the page. */
import { render } from "solid-js/web";
import { App, prefetch } from "./app.tsx";
import { loadWords } from "./i18n/index.ts";
import { takeLinkSecret } from "./session/link-secret.ts";
import "./styles/tokens.css";
import "./styles/base.css";

// Before anything else: the address bar must not show the secret of a one-time link.
takeLinkSecret();
const root = document.getElementById("root");
prefetch();
if (root) {
	loadWords().then(
		() => {
			// What index.html shows until now.
			root.replaceChildren();
			render(() => <App />, root);
		},
		() => showLoadError(root),
	);
}

/** The page's texts could not be loaded, so it says this in both of its languages. */
function showLoadError(place: HTMLElement): void {
	const text = document.createElement("p");
	text.textContent =
		"The page could not be loaded. Check your connection. · Não foi possível carregar a página. Verifique sua conexão.";
	const button = document.createElement("button");
	button.textContent = "Reload · Recarregar";
	button.addEventListener("click", () => location.reload());
	const main = document.createElement("main");
	main.append(text, button);
	place.replaceChildren(main);
}
