/**
 * To be imported before any schema. zod compiles schemas with `new Function` where it may, and finds out by trying; the
 * page's policy forbids that and has the browser report every attempt.
 */
import { z } from "zod";

z.config({ jitless: true });
