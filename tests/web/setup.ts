/** Before each test file. */
import { cleanup } from "@solidjs/testing-library";
import { afterEach } from "vitest";
import { loadRotationWords, loadWords } from "../../web/i18n/index.ts";

// The library does this itself only if `afterEach` is global.
afterEach(cleanup);

// The page also does this before it renders.
await loadWords();
await loadRotationWords();
