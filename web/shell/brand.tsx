import styles from "./brand.module.css";

export function Brand() {
	return (
		<span class={styles.brand}>
			<img src="/icon.svg" alt="" width="24" height="24" />
			SalesOS
		</span>
	);
}
