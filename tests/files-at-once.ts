import { availableParallelism } from "node:os";

/**
 * How many test files run at once, in every project: one more than there are cores, since tests wait for other processes
 * much of the time. A project does not inherit this, and by itself would leave a core free.
 */
export const FILES_AT_ONCE = availableParallelism() + 1;
