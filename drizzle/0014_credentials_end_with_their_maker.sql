ALTER TABLE `tokens` ADD `made_by` integer REFERENCES tokens(id) ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE `tokens` ADD `session` text REFERENCES sessions(id_hash) ON DELETE CASCADE;--> statement-breakpoint
CREATE INDEX `tokens_by_maker` ON `tokens` (`made_by`);--> statement-breakpoint
CREATE INDEX `tokens_by_session` ON `tokens` (`session`);--> statement-breakpoint
CREATE TRIGGER `tokens_end_with_password` AFTER UPDATE OF `password_hash` ON `accounts`
	WHEN old.`password_hash` IS NOT new.`password_hash`
BEGIN
	DELETE FROM `tokens` WHERE `account` = new.`id`;
END;
--> statement-breakpoint
CREATE TRIGGER `tokens_end_at_once` AFTER DELETE ON `tokens`
BEGIN
	UPDATE `access_epoch` SET `epoch` = `epoch` + 1 WHERE `id` = 1;
END;
