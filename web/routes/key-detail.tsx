export default function Screen() {
	return <h1>key-detail</h1>;
}
