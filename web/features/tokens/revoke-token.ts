/** Revokes a management token, and shows the list as it is then. */
import { useQueryClient } from "@tanstack/solid-query";
import { type Action, createAction } from "../../api/action.ts";
import { api } from "../../api/client.ts";
import { tokensQuery } from "../../api/queries.ts";
import type { ManagementToken } from "../../api/types.ts";
import { t } from "../../i18n/index.ts";
import { notify } from "../../ui/toast.tsx";

/** Its run resolves to true once the token is rejected everywhere. */
export function createRevoke(): Action<[Pick<ManagementToken, "id" | "name">], true> {
	const client = useQueryClient();
	return createAction(async ({ id, name }: Pick<ManagementToken, "id" | "name">) => {
		await api.tokens.revoke.mutate({ id });
		void client.invalidateQueries({ queryKey: tokensQuery().queryKey });
		notify(t().tokens.revoke.done(name));
		return true as const;
	});
}
