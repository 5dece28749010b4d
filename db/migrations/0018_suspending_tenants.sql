CREATE TABLE `gate_sweep_failures` (
	`tenant_id` text NOT NULL,
	`key_id` text NOT NULL,
	`at` integer NOT NULL,
	PRIMARY KEY(`tenant_id`, `key_id`),
	FOREIGN KEY (`tenant_id`) REFERENCES `gate_sweeps`(`tenant_id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `gate_sweeps` (
	`tenant_id` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`suspension_no` integer NOT NULL,
	`total` integer NOT NULL,
	`done` integer DEFAULT 0 NOT NULL,
	`last_no` integer DEFAULT 0 NOT NULL,
	`claimed_until` integer DEFAULT 0 NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`tenant_id`) REFERENCES `tenants`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `gate_sweeps_by_update` ON `gate_sweeps` (`updated_at`);--> statement-breakpoint
CREATE TABLE `platform_sessions` (
	`token_hash` text PRIMARY KEY NOT NULL,
	`credential_hash` text NOT NULL,
	`created_at` integer NOT NULL,
	`last_seen_at` integer NOT NULL,
	`ip` text,
	`user_agent` text
);
--> statement-breakpoint
ALTER TABLE `tenants` ADD `suspended_at` integer;--> statement-breakpoint
ALTER TABLE `tenants` ADD `suspension_no` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `tenants` ADD `delete_after` integer;--> statement-breakpoint
ALTER TABLE `tenants` ADD `deleted_at` integer;--> statement-breakpoint
CREATE INDEX `tenants_by_suspension` ON `tenants` (`suspended_at`) WHERE suspended_at is not null;--> statement-breakpoint
CREATE INDEX `tenants_to_delete` ON `tenants` (`delete_after`) WHERE delete_after is not null and deleted_at is null;--> statement-breakpoint

-- A suspended tenant gets no new key, on whatever path. So every key that can be admitted is in the list that a suspension
-- goes through. Why: docs/decisions/suspending-tenants.md.
CREATE TRIGGER api_keys_of_suspended_tenants BEFORE INSERT ON api_keys
WHEN (SELECT suspended_at FROM tenants WHERE id = new.tenant_id) IS NOT NULL
BEGIN
	SELECT raise(ABORT, 'tenant suspended');
END;
