DROP INDEX `imported_hashes_key_id_unique`;--> statement-breakpoint
CREATE INDEX `imported_hashes_by_key` ON `imported_hashes` (`key_id`);--> statement-breakpoint
-- Keys that were presented before: their gates don't tell D1 their SHA-256 again.
INSERT OR IGNORE INTO `imported_hashes` (`hash`, `tenant_id`, `key_id`)
SELECT `secret_hash`, `tenant_id`, `id` FROM `api_keys` WHERE `origin` = 'imported' AND substr(`secret_hash`, 1, 1) <> '$';
