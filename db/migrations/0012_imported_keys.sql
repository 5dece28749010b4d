CREATE TABLE `imported_hashes` (
	`hash` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`key_id` text NOT NULL,
	FOREIGN KEY (`tenant_id`) REFERENCES `tenants`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `imported_hashes_key_id_unique` ON `imported_hashes` (`key_id`);--> statement-breakpoint
ALTER TABLE `api_keys` ADD `origin` text DEFAULT 'created' NOT NULL;--> statement-breakpoint
CREATE INDEX `api_keys_by_origin` ON `api_keys` (`tenant_id`,`environment`,`origin`,`pepper_id`);--> statement-breakpoint
CREATE INDEX `api_keys_by_imported_hash` ON `api_keys` (`secret_hash`) WHERE origin = 'imported';--> statement-breakpoint
CREATE INDEX `api_keys_by_imported_prefix` ON `api_keys` (`key_prefix`) WHERE origin = 'imported' and substr(secret_hash, 1, 1) = '$';