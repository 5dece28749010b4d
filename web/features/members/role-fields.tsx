import { For, Show } from "solid-js";
import { ADMIN_INTEGRATIONS, ROLES, type Role } from "../../../db/enums.ts";
import { t } from "../../i18n/index.ts";
import { Choice, ChoiceGroup } from "../../ui/field.tsx";

export interface Rights {
	role: Role;
	capabilities: string[];
}

/** The role of a member, and for the lowest role what they may do beyond it. */
export function RoleFields(props: { rights: Rights; onChange: (rights: Rights) => void; mayMakeOwners: boolean }) {
	const words = () => t().members.form;
	return (
		<>
			<ChoiceGroup label={words().role}>
				<For each={ROLES.filter((role) => props.mayMakeOwners || role !== "owner")}>
					{(role) => (
						<Choice
							type="radio"
							name="role"
							label={words().roles[role]}
							hint={words().roleHints[role]}
							checked={props.rights.role === role}
							onChange={() => props.onChange({ ...props.rights, role })}
						/>
					)}
				</For>
			</ChoiceGroup>
			<Show when={props.rights.role === "member"}>
				<Choice
					type="checkbox"
					label={words().integrations}
					hint={words().integrationsHint}
					checked={props.rights.capabilities.includes(ADMIN_INTEGRATIONS)}
					onChange={(event) =>
						props.onChange({
							...props.rights,
							capabilities: event.currentTarget.checked ? [ADMIN_INTEGRATIONS] : [],
						})
					}
				/>
			</Show>
		</>
	);
}
