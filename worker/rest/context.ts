/** What handlers of the REST door find in Hono's context. */
import type { Author } from "../../db/audit.ts";
import type { Manager, PlatformAuthor } from "../auth/authorize.ts";
import type { Bindings, Config } from "../env.ts";
import type { KeyFacts, WindowState } from "../gate/verdict.ts";
import type { RequestInfo } from "../request-info.ts";

export interface DoorEnv {
	Bindings: Bindings;
	Variables: { info: RequestInfo; config: Config };
}

/** Behind `apiKeyAuth`, the key that was admitted. */
export interface IntegrationEnv {
	Bindings: Bindings;
	Variables: DoorEnv["Variables"] & { key: KeyFacts; window: WindowState };
}

/** Behind `managersOnly` and `inTenant`, who manages keys, and as whom in which tenant. */
export interface ManageEnv {
	Bindings: Bindings;
	Variables: DoorEnv["Variables"] & { manager: Manager; author: Author };
}

/** Behind `platformOnly`. */
export interface PlatformEnv {
	Bindings: Bindings;
	Variables: DoorEnv["Variables"] & { platform: PlatformAuthor };
}
