/** What a person has chosen about the page: theme, language, shortcuts. Stored in this browser; none of it is secret. */
import { createSignal } from "solid-js";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

export const LANGUAGES = ["en", "pt-BR"] as const;
export type Language = (typeof LANGUAGES)[number];

/** Storage may be full or blocked. A choice then lasts until the page is closed. */
function read(name: string): string | null {
	try {
		return localStorage.getItem(name);
	} catch {
		return null;
	}
}

function write(name: string, value: string): void {
	try {
		localStorage.setItem(name, value);
	} catch {
		// See above.
	}
}

function oneOf<T extends string>(known: readonly T[], value: string | null): T | undefined {
	return known.find((entry) => entry === value);
}

/** The chosen language, else the browser's first one that the page has, else English. */
function firstLanguage(): Language {
	const chosen = oneOf(LANGUAGES, read("language"));
	if (chosen) return chosen;
	for (const wanted of navigator.languages) {
		if (/^pt\b/i.test(wanted)) return "pt-BR";
		if (/^en\b/i.test(wanted)) return "en";
	}
	return "en";
}

const [theme, setThemeSignal] = createSignal<Theme>(oneOf(THEMES, read("theme")) ?? "system");
const [language, setLanguageSignal] = createSignal<Language>(firstLanguage());
const [shortcutsOn, setShortcutsSignal] = createSignal(read("shortcuts") !== "off");

export { language, shortcutsOn, theme };

/** `public/theme.js` reads the same entry before the first paint. */
export function setTheme(value: Theme): void {
	write("theme", value);
	if (value === "system") delete document.documentElement.dataset.theme;
	else document.documentElement.dataset.theme = value;
	setThemeSignal(value);
}

/** Remembers the language. `i18n/index.ts` loads its texts. */
export function setLanguage(value: Language): void {
	write("language", value);
	setLanguageSignal(value);
}

/** Ids of finished jobs that the person does not want to see in the list again. */
const [hiddenJobs, setHiddenJobs] = createSignal<readonly string[]>(read("hidden-jobs")?.split(" ") ?? []);

export { hiddenJobs };

/** Jobs are shown for a day, so older ids are not needed. */
const HIDDEN_JOBS_MAX = 20;

export function hideJob(id: string): void {
	setHiddenJobs((hidden) => [id, ...hidden].slice(0, HIDDEN_JOBS_MAX));
	write("hidden-jobs", hiddenJobs().join(" "));
}

/** One-character shortcuts can get in the way of speech input, so they can be turned off (WCAG 2.1, 2.1.4). */
export function setShortcutsOn(value: boolean): void {
	write("shortcuts", value ? "on" : "off");
	setShortcutsSignal(value);
}
