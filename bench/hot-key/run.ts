/** `npm run bench:hot-key`: prints the simulation of one hot key that docs/scaling.md shows. */
import { hotKeyTables } from "../scaling/document.ts";

console.log(hotKeyTables());
