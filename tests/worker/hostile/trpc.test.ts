/** Hostile input at the tRPC door. */
import { bearsWhateverIsSent } from "./bombardment.ts";

bearsWhateverIsSent("trpc");
