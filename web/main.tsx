/** Entry of the page. */
import { render } from "solid-js/web";
import { App, prefetch } from "./app.tsx";
import { loadWords } from "./i18n/index.ts";
import "./styles/tokens.css";
import "./styles/base.css";

const root = document.getElementById("root");
prefetch();
if (root) void loadWords().then(() => render(() => <App />, root));
