/** What every program takes and prints. */
export interface Result {
	/** The secret of the new key. */
	secret: string | null;
	/** The secret in the response to the same request again. */
	replay: string | null;
	/** The secret of the key that replaced the first. */
	successor: string | null;
	/** Ids of the keys with the given name. */
	listed: string[];
	/** Status of the first key after it was revoked. */
	status: string;
}

declare const process: { env: Record<string, string | undefined> };

function variable(name: string): string {
	const value = process.env[name];
	if (value === undefined) throw new Error(`${name} is missing`);
	return value;
}

export const environment = () => ({
	url: variable("SERVICE_URL"),
	token: variable("TOKEN"),
	idempotencyKey: variable("IDEMPOTENCY_KEY"),
	name: variable("KEY_NAME"),
});
