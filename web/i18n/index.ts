/** The words of the page in the reader's language: `t().keys.title`. English is the measure of all others. */
import { createSignal } from "solid-js";
import { type Language, language, setLanguage } from "../preferences.ts";
import { en } from "./en/index.ts";

/** Every text of the page. A language that lacks one does not compile. */
export type Words = typeof en;

const [words, setWords] = createSignal<Words>(en);

/** The words, reactively. */
export const t = words;

/** Loads the words of the chosen language and tells the browser which it is. To be awaited before the first render. */
export async function loadWords(): Promise<void> {
	const wanted = language();
	const loaded = wanted === "en" ? en : (await import("./pt-BR/index.ts")).ptBR;
	if (wanted !== language()) return;
	setWords(() => loaded);
	document.documentElement.lang = wanted;
}

/** Changes the language of the whole page, and remembers it. */
export function chooseLanguage(value: Language): Promise<void> {
	setLanguage(value);
	return loadWords();
}
