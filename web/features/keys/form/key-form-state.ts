/** A form about a key at work: what was typed, and which of its mistakes the person is to see already. */
import { createMemo, createSignal, onCleanup, onMount } from "solid-js";
import { createStore } from "solid-js/store";
import type { KeyDraft } from "./key-form-draft.ts";
import type { FieldErrors, FieldName } from "./key-form-errors.ts";

export type KeyForm = ReturnType<typeof createKeyForm>;

/**
 * `check` tells everything that is wrong with a draft. A field's error shows once the field was left, or once somebody
 * has tried to submit; from then on it follows what is typed.
 */
export function createKeyForm(initial: KeyDraft, check: (draft: KeyDraft) => FieldErrors) {
	const [draft, setDraft] = createStore<KeyDraft>({ ...initial });
	const [touched, setTouched] = createStore<Partial<Record<FieldName, true>>>({});
	const [submitted, setSubmitted] = createSignal(false);
	const [refused, setRefused] = createStore<FieldErrors>({});
	const errors = createMemo(() => check(draft));
	const afterPress = createAfterPress();
	return {
		draft,
		/** Puts in what was typed into a field. What the server has said of the field before is no longer true. */
		edit(field: FieldName | null, changed: Partial<KeyDraft>) {
			setDraft(changed);
			if (field !== null) setRefused(field, undefined);
		},
		/** The field was left. */
		touch: (field: FieldName) => afterPress(() => setTouched(field, true)),
		/** What is wrong with the field, if it is to be shown. */
		error: (field: FieldName): string | undefined =>
			refused[field] ?? (touched[field] || submitted() ? errors()[field] : undefined),
		/** Whether the draft may be sent. If not, everything that is wrong is shown, and the first of it has the focus. */
		submit(element: HTMLFormElement): boolean {
			setSubmitted(true);
			if (Object.keys(errors()).length === 0) return true;
			focusFirstError(element);
			return false;
		},
		/** What the server found wrong although the page did not. */
		refuse(found: FieldErrors, element: HTMLFormElement) {
			setRefused(found);
			focusFirstError(element);
		},
	};
}

/** What is folded away is opened first: a mistake must not be there without being seen. */
function focusFirstError(element: HTMLFormElement): void {
	for (const folded of element.querySelectorAll<HTMLDetailsElement>('details:has([aria-invalid="true"])'))
		folded.open = true;
	element.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
}

/**
 * Runs things at once, except while a pointer is held down: an error that appears moves what is below it, which may be
 * the very button that the pointer is about to let go of.
 */
function createAfterPress(): (run: () => void) => void {
	let pressed = false;
	let waiting: (() => void)[] = [];
	const press = () => {
		pressed = true;
	};
	const release = () => {
		pressed = false;
		const ready = waiting;
		waiting = [];
		// The click comes after the release, in the same task.
		setTimeout(() => {
			for (const run of ready) run();
		});
	};
	const events = [
		["pointerdown", press],
		["pointerup", release],
		["pointercancel", release],
	] as const;
	onMount(() => {
		for (const [type, listener] of events) window.addEventListener(type, listener, true);
	});
	onCleanup(() => {
		for (const [type, listener] of events) window.removeEventListener(type, listener, true);
	});
	return (run) => {
		if (pressed) waiting.push(run);
		else run();
	};
}
