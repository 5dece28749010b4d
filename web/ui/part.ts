/** Parts of the page that are loaded when they are first needed. */
import { t } from "../i18n/index.ts";
import { notify } from "./toast.tsx";

/**
 * What a module of the page exports by default. Null, and a toast that says so, if it cannot be had, because of the
 * connection or because the page has been replaced by a newer one: the rest of the page goes on as it is.
 * Browsers remember a module that they could not get for as long as the page lives, so another try takes a reload.
 */
export async function loadPart<T>(load: () => Promise<{ default: T }>): Promise<T | null> {
	try {
		return (await load()).default;
	} catch {
		notify(t().problems.partMissing);
		return null;
	}
}
