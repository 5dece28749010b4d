/** What handlers of the REST door find in Hono's context. */
import type { Author } from "../../db/audit.ts";
import type { Arrival } from "../admission/admit-request.ts";
import type { Manager, PlatformAuthor } from "../auth/authorize.ts";
import type { Bindings, Config } from "../env.ts";
import type { RequestInfo } from "../http/request-info.ts";
import type { KeyFacts, WindowState } from "../keys/verdict.ts";

/** Besides the bindings, what is known of a request already. */
interface AtTheDoor extends Bindings {
	ARRIVAL?: Arrival;
}

export interface DoorEnv {
	Bindings: AtTheDoor;
	Variables: { info: RequestInfo; config: Config };
}

/** Behind `apiKeyAuth`, the key that was admitted. */
export interface IntegrationEnv {
	Bindings: AtTheDoor;
	Variables: DoorEnv["Variables"] & { key: KeyFacts; window: WindowState };
}

/** Behind `managersOnly` and `inTenant`, who manages keys, and as whom in which tenant. */
export interface ManageEnv {
	Bindings: AtTheDoor;
	Variables: DoorEnv["Variables"] & { manager: Manager; author: Author };
}

/** Behind `platformOnly`. */
export interface PlatformEnv {
	Bindings: AtTheDoor;
	Variables: DoorEnv["Variables"] & { platform: PlatformAuthor };
}
