/** Hostile input over tRPC. */
import { fuzzEveryOperation } from "./fuzz.ts";

fuzzEveryOperation("trpc");
