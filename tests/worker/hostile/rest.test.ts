/** Hostile input over REST. */
import { fuzzEveryOperation } from "./fuzz.ts";

fuzzEveryOperation("rest");
