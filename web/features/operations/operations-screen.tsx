import { t } from "../../i18n/index.ts";
import styles from "../platform/platform.module.css";
import { DeliveriesSection } from "./deliveries-section.tsx";
import { OverviewSection } from "./overview-section.tsx";
import { SecretsSection } from "./secrets-section.tsx";

/** The state of the running service. Each section loads, fails and is retried on its own. */
export default function OperationsScreen() {
	return (
		<div class={styles.section}>
			<h1>{t().operations.title}</h1>
			<OverviewSection />
			<DeliveriesSection />
			<SecretsSection />
		</div>
	);
}
