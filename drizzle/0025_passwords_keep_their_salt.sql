-- A hash of the same password with more rounds has the same salt, and ends nothing. Only a new password has a new one.
DROP TRIGGER `sessions_end_with_password`;
--> statement-breakpoint
DROP TRIGGER `tokens_end_with_password`;
--> statement-breakpoint
CREATE TRIGGER `sessions_end_with_password` AFTER UPDATE OF `password_hash` ON `accounts`
	WHEN old.`password_hash` IS NOT new.`password_hash` AND NOT coalesce(
		old.`password_hash` GLOB 'pbkdf2-sha256$*$*$*' AND new.`password_hash` GLOB 'pbkdf2-sha256$*$*$*'
		AND length(substr(new.`password_hash`, -97, 32)) = 32
		AND substr(old.`password_hash`, -97, 32) = substr(new.`password_hash`, -97, 32)
		AND CAST(substr(new.`password_hash`, 15) AS integer) > CAST(substr(old.`password_hash`, 15) AS integer), 0)
BEGIN
	DELETE FROM `sessions` WHERE `account` = new.`id`;
END;
--> statement-breakpoint
CREATE TRIGGER `tokens_end_with_password` AFTER UPDATE OF `password_hash` ON `accounts`
	WHEN old.`password_hash` IS NOT new.`password_hash` AND NOT coalesce(
		old.`password_hash` GLOB 'pbkdf2-sha256$*$*$*' AND new.`password_hash` GLOB 'pbkdf2-sha256$*$*$*'
		AND length(substr(new.`password_hash`, -97, 32)) = 32
		AND substr(old.`password_hash`, -97, 32) = substr(new.`password_hash`, -97, 32)
		AND CAST(substr(new.`password_hash`, 15) AS integer) > CAST(substr(old.`password_hash`, 15) AS integer), 0)
BEGIN
	DELETE FROM `tokens` WHERE `account` = new.`id`;
END;
