export default function Screen() {
	return <h1>rotate-key</h1>;
}
