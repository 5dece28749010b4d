/** Modules that load when they are first needed. */
import { t } from "./i18n/index.ts";
import { notify } from "./ui/toast.tsx";

/** Tells the person that a module could not be loaded. The rest of the page keeps working. */
export const notifyModuleMissing = (): void => notify(t().problems.partMissing);

/**
 * The module's default export. Null, with a toast, if it can't be loaded: the connection failed, or a deploy replaced
 * the file. Browsers cache a failed import until the page is reloaded, so there is no retry here.
 */
export async function loadModule<T>(load: () => Promise<{ default: T }>): Promise<T | null> {
	try {
		return (await load()).default;
	} catch {
		notifyModuleMissing();
		return null;
	}
}
