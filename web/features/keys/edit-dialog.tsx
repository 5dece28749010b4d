import type { KeyDialogProps } from "./actions.tsx";

export default function Screen(props: KeyDialogProps) {
	return <p>{props.keys[0].name}</p>;
}
