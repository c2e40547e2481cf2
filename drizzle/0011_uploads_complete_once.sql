CREATE TABLE `multipart_parts` (
	`upload_id` text NOT NULL,
	`part` integer NOT NULL,
	`size_bytes` integer NOT NULL,
	`account` integer,
	PRIMARY KEY(`upload_id`, `part`),
	FOREIGN KEY (`upload_id`) REFERENCES `multipart_uploads`(`upload_id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID;
--> statement-breakpoint
ALTER TABLE `multipart_uploads` ADD `account` integer;--> statement-breakpoint
ALTER TABLE `multipart_uploads` ADD `parts` text;--> statement-breakpoint
ALTER TABLE `multipart_uploads` ADD `completed_at_ms` integer;--> statement-breakpoint
CREATE TRIGGER `multipart_parts_grow` AFTER INSERT ON `multipart_parts` WHEN new.`account` IS NOT NULL
BEGIN
	INSERT INTO `storage_use` (`account`, `size_bytes`) VALUES (new.`account`, new.`size_bytes`)
	ON CONFLICT (`account`) DO UPDATE SET `size_bytes` = `size_bytes` + excluded.`size_bytes`;
END;--> statement-breakpoint
CREATE TRIGGER `multipart_parts_change` AFTER UPDATE ON `multipart_parts` WHEN new.`account` IS NOT NULL
BEGIN
	UPDATE `storage_use` SET `size_bytes` = `size_bytes` + new.`size_bytes` - old.`size_bytes` WHERE `account` = new.`account`;
END;--> statement-breakpoint
CREATE TRIGGER `multipart_parts_shrink` AFTER DELETE ON `multipart_parts` WHEN old.`account` IS NOT NULL
BEGIN
	UPDATE `storage_use` SET `size_bytes` = `size_bytes` - old.`size_bytes` WHERE `account` = old.`account`;
END;
