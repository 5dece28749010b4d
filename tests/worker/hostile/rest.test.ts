/** Hostile input at the REST door. */
import { bearsWhateverIsSent } from "./bombardment.ts";

bearsWhateverIsSent("rest");
