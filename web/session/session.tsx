/** Who is signed in. {@link SessionProvider} is around every screen except the sign-in form. */
import { createContext, type JSX, useContext } from "solid-js";
import type { Permission } from "../../db/enums.ts";
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

/** Whether this person has the permission. Only decides what to show: the service checks every call itself. */
export const may = (me: Me, permission: Permission): boolean => me.user.permissions.includes(permission);
