/** The texts of the page in the reader's language: `t().keys.title`. */
import { createSignal } from "solid-js";
import { type Language, language, setLanguage } from "../preferences.ts";
import type { Words } from "./en/index.ts";

/** Only the chosen language is loaded. */
const LOADERS: Record<Language, () => Promise<Words>> = {
	en: async () => (await import("./en/index.ts")).en,
	"pt-BR": async () => (await import("./pt-BR/index.ts")).ptBR,
};

const [words, setWords] = createSignal<Words | null>(null);

/** The texts, as a signal. */
export function t(): Words {
	const loaded = words();
	if (!loaded) throw new Error("t() must be called after loadWords() has resolved");
	return loaded;
}

/** Loads the texts of the chosen language and sets the document's language. Await it before the first render. */
export async function loadWords(): Promise<void> {
	const wanted = language();
	const loaded = await LOADERS[wanted]();
	if (wanted !== language()) return;
	setWords(() => loaded);
	document.documentElement.lang = wanted;
}

/** Changes the language of the page and remembers it. Rejects and changes nothing if its texts cannot be loaded. */
export async function chooseLanguage(value: Language): Promise<void> {
	await LOADERS[value]();
	setLanguage(value);
	// The module is cached by now.
	await loadWords();
}
