import { formatNumber } from "../../../i18n/format.ts";
import { t } from "../../../i18n/index.ts";
import { TextField } from "../../../ui/field.tsx";
import { REASON_MAX, reasonFault } from "./reason-fault.ts";

/** Why a key is revoked, for whoever reads the audit log. `refused`: what the server did not like about it. */
export function RevokeReason(props: { value: string; onInput: (value: string) => void; refused?: string | undefined }) {
	const error = () => {
		switch (reasonFault(props.value)) {
			case "too-long":
				return t().end.revoke.reasonTooLong(formatNumber(REASON_MAX));
			case "has-key":
				return t().end.revoke.reasonHasKey;
			case null:
				return props.refused;
		}
	};
	return (
		<TextField
			label={t().end.revoke.reason}
			hint={t().end.revoke.reasonHint}
			error={error()}
			value={props.value}
			onInput={(event) => props.onInput(event.currentTarget.value)}
		/>
	);
}
