export default function Screen() {
	return <h1>audit-log</h1>;
}
