/** A number that may be shortened: people see `24.6M`, with the exact number on hover; screen readers read it exactly. */
export function CompactNumber(props: { compact: string; exact: string }) {
	return (
		<span class="number" title={props.exact}>
			<span aria-hidden="true">{props.compact}</span>
			<span class="visually-hidden">{props.exact}</span>
		</span>
	);
}
