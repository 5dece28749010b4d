export default function Screen() {
	return <h1>key-list</h1>;
}
