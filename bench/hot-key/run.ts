/** `npm run bench:hot-key`: the simulation of one very hot key, as docs/scaling.md shows it. */
import { hotKeyTables } from "../scaling/document.ts";

console.log(hotKeyTables());
