ALTER TABLE `policies` ADD `accounts` text DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE `promotion_reviews` ADD `account` integer;--> statement-breakpoint
ALTER TABLE `promotion_reviews` ADD `claimed_groups` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `model_versions` ADD `authors` text;
--> statement-breakpoint
UPDATE `promotion_reviews` SET `account` = (SELECT a.`id` FROM `accounts` a
	WHERE a.`name` = `reviewer` AND a.`created_at_ms` <= `at_ms`);--> statement-breakpoint
UPDATE `policies` SET `accounts` = (SELECT json_group_object(n.`name`, cast(n.`id` AS text)) FROM (
	SELECT `id`, `created_at_ms`, iif(`kind` = 'service', `name`, 'user:' || `name`) AS `name` FROM `accounts`) n
	WHERE instr(`policies`.`document`, json_quote(n.`name`)) > 0 AND n.`created_at_ms` <= `policies`.`updated_at_ms`);
