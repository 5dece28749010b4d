import { formatNumber } from "../../../i18n/format.ts";
import { t } from "../../../i18n/index.ts";
import { TextField } from "../../../ui/field.tsx";
import { REASON_MAX, reasonFault } from "./typed-text.ts";

/** The reason for the audit log. `refused`: the error that the service returned for it. */
export function RevokeReason(props: { value: string; onInput: (value: string) => void; refused?: string | undefined }) {
	const error = () => {
		switch (reasonFault(props.value)) {
			case "too-long":
				return t().revokeDelete.revoke.reasonTooLong(formatNumber(REASON_MAX));
			case "has-key":
				return t().revokeDelete.revoke.reasonHasKey;
			case null:
				return props.refused;
		}
	};
	return (
		<TextField
			label={t().revokeDelete.revoke.reason}
			hint={t().revokeDelete.revoke.reasonHint}
			error={error()}
			value={props.value}
			onInput={(event) => props.onInput(event.currentTarget.value)}
		/>
	);
}
