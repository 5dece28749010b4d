/** The texts of the page in the reader's language: `t().keys.title`. */
import { createSignal } from "solid-js";
import { type Language, language, setLanguage } from "../preferences.ts";
import type { Words } from "./en/index.ts";

type FirstWords = Omit<Words, "rotate">;

/** Only the chosen language is loaded. */
const LOADERS: Record<Language, () => Promise<FirstWords>> = {
	en: async () => (await import("./en/index.ts")).en,
	"pt-BR": async () => (await import("./pt-BR/index.ts")).ptBR,
};

/** The longest part of the texts. Few visits need it. */
const ROTATION_LOADERS: Record<Language, () => Promise<Words["rotate"]>> = {
	en: async () => (await import("./en/rotate.ts")).rotate,
	"pt-BR": async () => (await import("./pt-BR/rotate.ts")).rotate,
};

let needsRotation = false;

async function load(language: Language): Promise<Words> {
	const [first, rotate] = await Promise.all([
		LOADERS[language](),
		needsRotation ? ROTATION_LOADERS[language]() : undefined,
	]);
	// Only the screen of a rotation reads its texts, and it waits for `loadRotationWords`.
	return { ...first, rotate } as Words;
}

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
	const loaded = await load(wanted);
	if (wanted !== language()) return;
	setWords(() => loaded);
	document.documentElement.lang = wanted;
}

/** Changes the language of the page and remembers it. Rejects and changes nothing if its texts cannot be loaded. */
export async function chooseLanguage(value: Language): Promise<void> {
	await load(value);
	setLanguage(value);
	// The modules are cached by now.
	await loadWords();
}

/** Loads the texts of a rotation as well. Await it before the first screen that uses them. */
export async function loadRotationWords(): Promise<void> {
	await ROTATION_LOADERS[language()]();
	needsRotation = true;
	await loadWords();
}
