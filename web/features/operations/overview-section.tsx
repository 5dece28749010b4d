import { useQuery } from "@tanstack/solid-query";
import { For } from "solid-js";
import { Loaded } from "../../api/loaded.tsx";
import { formatNumber } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import { Button } from "../../ui/button.tsx";
import { platformApi } from "../platform/api.ts";
import styles from "../platform/platform.module.css";
import { OverviewDetails } from "./overview-details.tsx";

/** What the service needs in order to work, checked when the screen opens. */
export function OverviewSection() {
	const words = () => t().operations.overview;
	const query = useQuery(() => ({
		queryKey: ["platform", "operations", "overview"],
		queryFn: ({ signal }: { signal: AbortSignal }) => platformApi.operations.overview.query(undefined, { signal }),
	}));
	return (
		<section class={styles.section} aria-labelledby="operations-overview">
			<div class={styles.head}>
				<h2 id="operations-overview">{words().title}</h2>
				<Button busy={query.isFetching} onClick={() => void query.refetch()}>
					{words().again}
				</Button>
			</div>
			<Loaded query={query} failure={words().loadFailed} height="120px">
				{(overview) => (
					<>
						<div class={styles.scroll}>
							<table class={styles.table} aria-label={words().checks}>
								<thead>
									<tr>
										<th scope="col">{words().columns.check}</th>
										<th scope="col">{words().columns.state}</th>
										<th scope="col">{words().columns.duration}</th>
									</tr>
								</thead>
								<tbody>
									<For each={overview().checks}>
										{(check) => (
											<tr>
												<th scope="row">{words().names[check.name]}</th>
												<td>{check.ok ? words().ok : words().failed}</td>
												<td class="number">{words().milliseconds(formatNumber(check.milliseconds))}</td>
											</tr>
										)}
									</For>
								</tbody>
							</table>
						</div>
						<OverviewDetails overview={overview()} />
					</>
				)}
			</Loaded>
		</section>
	);
}
