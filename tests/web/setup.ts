/** Before each test file. */
import { cleanup } from "@solidjs/testing-library";
import { afterEach } from "vitest";
import { loadWords } from "../../web/i18n/index.ts";

// The library does this by itself only where `afterEach` is global.
afterEach(cleanup);

// As the page does before it renders.
await loadWords();
