/** What handlers of REST routes find in Hono's context. */
import type { Author } from "../../db/audit.ts";
import type { Arrival } from "../admission/admit-request.ts";
import type { Manager, PlatformAuthor, TenantCall } from "../auth/authorize.ts";
import type { UserPrincipal } from "../auth/principal.ts";
import type { Bindings, Config } from "../env.ts";
import type { RequestInfo } from "../http/request-info.ts";
import type { KeyFacts, WindowState } from "../keys/verdict.ts";

/** The bindings, and the admission that `fetch.ts` has already decided. */
interface RestBindings extends Bindings {
	ARRIVAL?: Arrival;
}

export interface RestEnv {
	Bindings: RestBindings;
	/** `window` is set once a key is admitted, `page` by a response that is a page and has headers of its own. */
	Variables: { info: RequestInfo; config: Config; window?: WindowState; page?: Record<string, string> };
}

/** Behind `apiKeyAuth`: the key that was admitted. */
export interface IntegrationEnv {
	Bindings: RestBindings;
	Variables: RestEnv["Variables"] & { key: KeyFacts; window: WindowState };
}

/** Behind `permittedOnly` and `inTenant`. `manager` is the caller, and `author` the caller in the tenant that they act in. */
export interface ManageEnv {
	Bindings: RestBindings;
	Variables: RestEnv["Variables"] & { manager: Manager; permission: TenantCall["permission"]; author: Author };
}

/** Behind `personOnly`. `author` is the person. */
export interface PersonEnv {
	Bindings: RestBindings;
	Variables: RestEnv["Variables"] & { user: UserPrincipal; author: Author };
}

/** Behind `platformOnly`. */
export interface PlatformEnv {
	Bindings: RestBindings;
	Variables: RestEnv["Variables"] & { platform: PlatformAuthor };
}

/** The part of Hono's context that is the same behind every middleware. */
export interface RestContext {
	env: RestEnv["Bindings"];
	var: RestEnv["Variables"];
	req: { raw: Request };
}
