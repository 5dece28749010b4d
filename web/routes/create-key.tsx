export default function Screen() {
	return <h1>create-key</h1>;
}
