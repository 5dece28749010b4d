/** The state of a key's form: what was typed, and which errors are visible. */
import { createMemo, createSignal, onCleanup, onMount } from "solid-js";
import { createStore } from "solid-js/store";
import type { KeyDraft } from "./key-form-draft.ts";
import type { FieldErrors, FieldName } from "./key-form-errors.ts";

export type KeyForm = ReturnType<typeof createKeyForm>;

/**
 * `check` returns all errors of a draft. A field's error is shown once the person has left the field or tried to submit;
 * from then on it follows what is typed.
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
		/** Changes the draft. An error from the service about this field is cleared. */
		edit(field: FieldName | null, changed: Partial<KeyDraft>) {
			setDraft(changed);
			if (field !== null) setRefused(field, undefined);
		},
		/** The person has left the field. */
		touch: (field: FieldName) => afterPress(() => setTouched(field, true)),
		/** The visible error of the field. */
		error: (field: FieldName): string | undefined =>
			refused[field] ?? (touched[field] || submitted() ? errors()[field] : undefined),
		/** Whether the draft may be sent. If not, all errors are shown and the first one gets the focus. */
		submit(element: HTMLFormElement): boolean {
			setSubmitted(true);
			if (Object.keys(errors()).length === 0) return true;
			focusFirstError(element);
			return false;
		},
		/** Shows errors that only the service could find. */
		showServiceErrors(found: FieldErrors, element: HTMLFormElement) {
			setRefused(found);
			focusFirstError(element);
		},
	};
}

/** Opens closed details first, so that no error is hidden. */
function focusFirstError(element: HTMLFormElement): void {
	for (const folded of element.querySelectorAll<HTMLDetailsElement>('details:has([aria-invalid="true"])'))
		folded.open = true;
	element.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
}

/**
 * Runs callbacks at once, except while a pointer is pressed: an error that appears moves what is below it, and that may be
 * the button that the person is clicking.
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
		// The click event follows in the same task.
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
