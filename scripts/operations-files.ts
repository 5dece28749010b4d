/**
 * Writes the Grafana dashboard and the alert rules of docs/operations. They are made here, so that they name the columns and
 * the events that the code writes; tests/scripts/operations-files.test.ts compares.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { alerts } from "./operations/alerts.ts";
import { dashboard } from "./operations/dashboard.ts";

const ROOT = join(import.meta.dirname, "..");

/** The files by path, with their content. */
export const operationsFiles: Record<string, string> = {
	"docs/operations/dashboard.json": `${JSON.stringify(dashboard, null, "\t")}\n`,
	"docs/operations/alerts.yaml": `# Made by \`npm run operations:files\`. Grafana reads it from provisioning/alerting.\n${stringify(alerts, { lineWidth: 0 })}`,
};

if (import.meta.main)
	for (const [path, content] of Object.entries(operationsFiles)) writeFileSync(join(ROOT, path), content);
