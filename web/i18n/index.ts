/** The words of the page in the reader's language: `t().keys.title`. English is the measure of all others. */
import { createSignal } from "solid-js";
import { type Language, language, setLanguage } from "../preferences.ts";
import type { en } from "./en/index.ts";

/** Every text of the page. A language that lacks one does not compile. */
export type Words = typeof en;

/** Only the language that is read is loaded. */
const LOADERS: Record<Language, () => Promise<Words>> = {
	en: async () => (await import("./en/index.ts")).en,
	"pt-BR": async () => (await import("./pt-BR/index.ts")).ptBR,
};

const [words, setWords] = createSignal<Words | null>(null);

/** The words, reactively. */
export function t(): Words {
	const loaded = words();
	if (!loaded) throw new Error("There are no words before loadWords() has ended");
	return loaded;
}

/** Loads the words of the chosen language and tells the browser which it is. To be awaited before the first render. */
export async function loadWords(): Promise<void> {
	const wanted = language();
	const loaded = await LOADERS[wanted]();
	if (wanted !== language()) return;
	setWords(() => loaded);
	document.documentElement.lang = wanted;
}

/** Changes the language of the whole page, and remembers it. Rejects, and changes nothing, if its words cannot be had. */
export async function chooseLanguage(value: Language): Promise<void> {
	await LOADERS[value]();
	setLanguage(value);
	// They are there by now.
	await loadWords();
}
