/** Before the first test: prepares the copy that every service which runs as deployed starts from. */
import { makeReadyCopy } from "../harness.ts";

export default makeReadyCopy;
