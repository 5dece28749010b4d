/** Who is signed in. {@link SessionProvider} is around every screen except the sign-in form. */
import { createContext, type JSX, useContext } from "solid-js";
import { ADMIN_INTEGRATIONS } from "../../db/enums.ts";
import type { Me } from "../api/types.ts";

const SessionContext = createContext<() => Me>();

export function SessionProvider(props: { me: Me; children: JSX.Element }) {
	return <SessionContext.Provider value={() => props.me}>{props.children}</SessionContext.Provider>;
}

/** The session, as an accessor. */
export function useSession(): () => Me {
	const session = useContext(SessionContext);
	if (!session) throw new Error("useSession must be used inside a SessionProvider");
	return session;
}

/** Whether this person may manage API keys. Only decides what to show: the service checks every call itself. */
export const mayManageKeys = (me: Me): boolean => me.user.capabilities.includes(ADMIN_INTEGRATIONS);
