import type { ApiKey } from "../../../worker/schemas/api-key.ts";

/** A key that was just made: the secret itself, and the object. Lives in one signal, and only until it is dismissed. */
export interface IssuedKey {
	secret: string;
	apiKey: ApiKey;
}

/** Shows a new key for the only time. `onDone` is called when the person has finished with it. */
export function RevealDialog(props: { issued: IssuedKey; onDone: () => void }) {
	return <button type="button" onClick={props.onDone}>{props.issued.apiKey.name}</button>;
}
