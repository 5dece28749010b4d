import { availableParallelism } from "node:os";

/**
 * How many test files run at once in a project: one more than there are cores, because tests often wait for other
 * processes. Vitest's own default would leave a core free, and projects don't inherit it from the root configuration.
 */
export const FILES_AT_ONCE = availableParallelism() + 1;
