/**
 * Configures zod for the page's Content-Security-Policy. zod compiles schemas with `new Function`, and finds out by trying
 * whether it may; the browser would report every attempt. Import this before any schema.
 */
import { z } from "zod";

z.config({ jitless: true });
