CREATE TABLE `identities` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`issuer` text NOT NULL,
	`subject` text NOT NULL,
	`account` integer NOT NULL,
	`created_at_ms` integer NOT NULL,
	FOREIGN KEY (`account`) REFERENCES `accounts`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `identities_by_subject` ON `identities` (`issuer`,`subject`);--> statement-breakpoint
CREATE INDEX `identities_by_account` ON `identities` (`account`);--> statement-breakpoint
CREATE TABLE `sessions` (
	`id_hash` text PRIMARY KEY NOT NULL,
	`account` integer NOT NULL,
	`issuer` text,
	`groups` text NOT NULL,
	`created_at_ms` integer NOT NULL,
	`seen_at_ms` integer NOT NULL,
	FOREIGN KEY (`account`) REFERENCES `accounts`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `sessions_by_account` ON `sessions` (`account`);--> statement-breakpoint
CREATE INDEX `sessions_by_use` ON `sessions` (`seen_at_ms`);--> statement-breakpoint
CREATE TABLE `storage_use` (
	`account` integer PRIMARY KEY NOT NULL,
	`size_bytes` integer NOT NULL
);
--> statement-breakpoint
ALTER TABLE `blobs` ADD `account` integer;--> statement-breakpoint
CREATE TRIGGER `sessions_end_with_password` AFTER UPDATE OF `password_hash` ON `accounts`
	WHEN old.`password_hash` IS NOT new.`password_hash`
BEGIN
	DELETE FROM `sessions` WHERE `account` = new.`id`;
END;
--> statement-breakpoint
CREATE TRIGGER `storage_use_grows` AFTER INSERT ON `blobs` WHEN new.`account` IS NOT NULL
BEGIN
	INSERT INTO `storage_use` (`account`, `size_bytes`) VALUES (new.`account`, new.`size_bytes`)
	ON CONFLICT (`account`) DO UPDATE SET `size_bytes` = `size_bytes` + excluded.`size_bytes`;
END;
--> statement-breakpoint
CREATE TRIGGER `storage_use_shrinks` AFTER DELETE ON `blobs` WHEN old.`account` IS NOT NULL
BEGIN
	UPDATE `storage_use` SET `size_bytes` = `size_bytes` - old.`size_bytes` WHERE `account` = old.`account`;
END;
