ALTER TABLE `identities` ADD `groups` text;--> statement-breakpoint
ALTER TABLE `audit_entries` ADD `approvers` text;--> statement-breakpoint
ALTER TABLE `version_comments` ADD `account` integer;--> statement-breakpoint
UPDATE `version_comments` SET `account` = (SELECT a.`id` FROM `accounts` a
	WHERE a.`name` = `author` AND a.`created_at_ms` <= `version_comments`.`created_at_ms`);
