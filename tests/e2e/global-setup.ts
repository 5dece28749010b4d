/** Before the first test from outside: what every service that is started as it is deployed begins with. */
import { makeReadyCopy } from "../harness.ts";

export default makeReadyCopy;
