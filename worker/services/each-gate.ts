/** Gates that are called at once by default: the platform lets a request have six connections. */
const AT_ONCE = 6;

/** Calls the gates of all inputs, `atOnce` at the same time, and returns the results in the order of the inputs. */
export async function eachGate<T, R>(
	inputs: readonly T[],
	call: (input: T) => Promise<R>,
	atOnce = AT_ONCE,
): Promise<R[]> {
	const results: R[] = [];
	let next = 0;
	async function work(): Promise<void> {
		for (let index = next++; index < inputs.length; index = next++)
			// The index is below the length.
			results[index] = await call(inputs[index] as T);
	}
	await Promise.all(Array.from({ length: atOnce }, work));
	return results;
}
