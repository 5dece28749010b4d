/** A power cut in the middle of a call. */
import { setTimeout as pause } from "node:timers/promises";
import type { Service } from "../harness.ts";
import { CallRefused } from "../session.ts";

/** Kills the service some time after the call, and starts it again. Returns whether the call was interrupted. */
export async function killDuring(service: Service, call: Promise<unknown>, afterMs: number): Promise<boolean> {
	const interrupted = call.then(
		() => false,
		(error: unknown) => {
			if (error instanceof CallRefused) throw error;
			return true;
		},
	);
	await pause(afterMs);
	await service.kill();
	const isInterrupted = await interrupted;
	await service.restart();
	return isInterrupted;
}
