/** Entry of the page. */
import { render } from "solid-js/web";
import { App } from "./app.tsx";
import { loadWords } from "./i18n/index.ts";
import "./styles/tokens.css";
import "./styles/base.css";

const root = document.getElementById("root");
if (root) void loadWords().then(() => render(() => <App />, root));
