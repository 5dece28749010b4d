/** Who is signed in. Everything inside the dashboard stands under {@link SessionProvider}, so there always is somebody. */
import { createContext, type JSX, useContext } from "solid-js";
import { ADMIN_INTEGRATIONS } from "../../db/enums.ts";
import type { Me } from "../../worker/schemas/session.ts";

const SessionContext = createContext<() => Me>();

export function SessionProvider(props: { me: Me; children: JSX.Element }) {
	return <SessionContext.Provider value={() => props.me}>{props.children}</SessionContext.Provider>;
}

/** The session, reactively. */
export function useSession(): () => Me {
	const session = useContext(SessionContext);
	if (!session) throw new Error("useSession must be used inside a SessionProvider");
	return session;
}

/** Whether this person may manage API keys. The server decides for itself; this only chooses what to show. */
export const mayManageKeys = (me: Me): boolean => me.user.capabilities.includes(ADMIN_INTEGRATIONS);
