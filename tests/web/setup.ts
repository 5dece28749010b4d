/** Before each test file. */
import { cleanup } from "@solidjs/testing-library";
import { afterEach } from "vitest";

// The library does this by itself only where `afterEach` is global.
afterEach(cleanup);
