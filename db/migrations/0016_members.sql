CREATE INDEX `users_by_email_in_tenant` ON `users` (`tenant_id`,`email`);--> statement-breakpoint
-- A tenant that has an active owner keeps one, also if two owners demote each other at once. Active: not deactivated, and
-- able to sign in, which an invited person is not. A removal deactivates first. Deletions are not checked, because the
-- deletion of a tenant deletes all of its people.
CREATE TRIGGER users_keep_an_owner BEFORE UPDATE OF role, deactivated_at ON users
WHEN old.role = 'owner' AND old.deactivated_at IS NULL
	AND (old.password_hash <> 'none' OR old.last_sign_in_at IS NOT NULL)
	AND (new.role <> 'owner' OR new.deactivated_at IS NOT NULL)
	AND NOT EXISTS (
		SELECT 1 FROM users other
		WHERE other.tenant_id = old.tenant_id AND other.id <> old.id AND other.role = 'owner'
			AND other.deactivated_at IS NULL
			AND (other.password_hash <> 'none' OR other.last_sign_in_at IS NOT NULL)
	)
BEGIN
	SELECT raise(ABORT, 'last owner');
END;
