/** The texts of the page in the reader's language: `t().keys.title`. */
import { createSignal } from "solid-js";
import { type Language, language, setLanguage } from "../preferences.ts";
import type { FirstWords, LaterWords, Words } from "./en/index.ts";

/** Texts that the first screens don't need. A screen that reads a part waits for `loadPart`. */
const PARTS = {
	audit: {
		en: async () => (await import("./en/audit.ts")).audit,
		"pt-BR": async () => (await import("./pt-BR/audit.ts")).audit,
	},
	members: {
		en: async () => (await import("./en/members.ts")).members,
		"pt-BR": async () => (await import("./pt-BR/members.ts")).members,
	},
	operations: {
		en: async () => (await import("./en/operations.ts")).operations,
		"pt-BR": async () => (await import("./pt-BR/operations.ts")).operations,
	},
	platform: {
		en: async () => (await import("./en/platform.ts")).platform,
		"pt-BR": async () => (await import("./pt-BR/platform.ts")).platform,
	},
	rotate: {
		en: async () => (await import("./en/rotate.ts")).rotate,
		"pt-BR": async () => (await import("./pt-BR/rotate.ts")).rotate,
	},
	sandbox: {
		en: async () => (await import("./en/sandbox.ts")).sandbox,
		"pt-BR": async () => (await import("./pt-BR/sandbox.ts")).sandbox,
	},
	sessions: {
		en: async () => (await import("./en/sessions.ts")).sessions,
		"pt-BR": async () => (await import("./pt-BR/sessions.ts")).sessions,
	},
	signIn: {
		en: async () => (await import("./en/sign-in.ts")).signIn,
		"pt-BR": async () => (await import("./pt-BR/sign-in.ts")).signIn,
	},
	tokens: {
		en: async () => (await import("./en/tokens.ts")).tokens,
		"pt-BR": async () => (await import("./pt-BR/tokens.ts")).tokens,
	},
} satisfies { [P in keyof LaterWords]: Record<Language, () => Promise<LaterWords[P]>> };

type Part = keyof typeof PARTS;

/** Only the chosen language is loaded. */
const LOADERS: Record<Language, () => Promise<FirstWords>> = {
	en: async () => (await import("./en/index.ts")).en,
	"pt-BR": async () => (await import("./pt-BR/index.ts")).ptBR,
};

const neededParts = new Set<Part>();

async function load(language: Language): Promise<Words> {
	const parts = [...neededParts].map(async (part) => [part, await PARTS[part][language]()] as const);
	const [first, ...later] = await Promise.all([LOADERS[language](), ...parts]);
	// No screen reads a part that it hasn't waited for.
	return { ...first, ...Object.fromEntries(later) } as Words;
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

/** Loads a further part of the texts. Await it before the first screen that uses them. */
export async function loadPart(part: Part): Promise<void> {
	const wanted = language();
	const texts = await PARTS[part][wanted]();
	neededParts.add(part);
	const loaded = words();
	// Nothing on the screen has read the part, so nothing needs to be drawn again.
	if (loaded && wanted === language()) Object.assign(loaded, { [part]: texts });
	else await loadWords();
}

/** The module, once the part of the texts that it uses has loaded as well. */
export async function withPart<M>(part: Part, loading: Promise<M>): Promise<M> {
	const [module] = await Promise.all([loading, loadPart(part)]);
	return module;
}
