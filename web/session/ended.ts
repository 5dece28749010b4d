/** Whether the server has said that the session is over, while a screen was open that nobody should lose. */
import { createSignal } from "solid-js";

const [sessionEnded, setSessionEnded] = createSignal(false);

export { sessionEnded, setSessionEnded };
