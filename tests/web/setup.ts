/** Before each test file. */
import { cleanup } from "@solidjs/testing-library";
import { afterEach } from "vitest";
import { loadPart, loadWords } from "../../web/i18n/index.ts";

// The library does this itself only if `afterEach` is global.
afterEach(cleanup);

// The page also does this before it renders.
await loadWords();
for (const part of ["audit", "rotate", "sandbox"] as const) await loadPart(part);
