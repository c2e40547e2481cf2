CREATE TABLE `roles` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`workspace` text NOT NULL,
	`name` text NOT NULL,
	`description` text,
	`account` integer,
	`created_at_ms` integer NOT NULL,
	FOREIGN KEY (`account`) REFERENCES `accounts`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `roles_by_name` ON `roles` (`workspace`,`name`);--> statement-breakpoint
CREATE UNIQUE INDEX `roles_by_account` ON `roles` (`workspace`,`account`);--> statement-breakpoint
CREATE TABLE `role_holders` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`account` integer NOT NULL,
	`role` integer NOT NULL,
	FOREIGN KEY (`account`) REFERENCES `accounts`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`role`) REFERENCES `roles`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `role_holders_by_account` ON `role_holders` (`account`,`role`);--> statement-breakpoint
CREATE INDEX `role_holders_by_role` ON `role_holders` (`role`);--> statement-breakpoint
CREATE TABLE `role_permissions` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`role` integer NOT NULL,
	`resource_type` text NOT NULL,
	`resource` text NOT NULL,
	`permission` text NOT NULL,
	FOREIGN KEY (`role`) REFERENCES `roles`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `role_permissions_by_resource` ON `role_permissions` (`role`,`resource_type`,`resource`);--> statement-breakpoint
CREATE INDEX `role_permissions_of_resource` ON `role_permissions` (`resource_type`,`resource`);--> statement-breakpoint
CREATE INDEX `role_permissions_that_deny` ON `role_permissions` (`role`) WHERE `permission` IN ('DENY', 'NO_PERMISSIONS');--> statement-breakpoint
CREATE TABLE `grants` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`workspace` text NOT NULL,
	`principal` text NOT NULL,
	`action` text NOT NULL,
	`models` text NOT NULL,
	`stage` text NOT NULL,
	`alias` text NOT NULL,
	`created_by` text NOT NULL,
	`created_at_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `grants_once` ON `grants` (`workspace`,`action`,`principal`,`models`,`stage`,`alias`);--> statement-breakpoint
CREATE TABLE `artifact_roots` (
	`workspace` text NOT NULL,
	`path` text NOT NULL,
	`experiment` integer NOT NULL,
	PRIMARY KEY(`workspace`, `path`, `experiment`),
	FOREIGN KEY (`experiment`) REFERENCES `experiments`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `artifact_roots_by_experiment` ON `artifact_roots` (`experiment`);--> statement-breakpoint
INSERT INTO `artifact_roots` (`workspace`, `path`, `experiment`)
SELECT `workspace`, trim(substr(`artifact_location`, 18), '/'), `id` FROM `experiments`
WHERE lower(substr(`artifact_location`, 1, 17)) = 'mlflow-artifacts:'
	AND substr(`artifact_location`, 18, 3) NOT GLOB '//[^/]'
	AND instr(`artifact_location`, '%') = 0 AND instr(`artifact_location`, '?') = 0;--> statement-breakpoint
CREATE TRIGGER `registered_models_lose_permissions` AFTER DELETE ON `registered_models` BEGIN
	DELETE FROM `role_permissions` WHERE `resource_type` IN ('registered_model', 'prompt') AND `resource` = cast(OLD.`id` AS text);
END;--> statement-breakpoint
CREATE TRIGGER `experiments_lose_permissions` AFTER DELETE ON `experiments` BEGIN
	DELETE FROM `role_permissions` WHERE `resource_type` = 'experiment' AND `resource` = cast(OLD.`id` AS text);
END;--> statement-breakpoint
CREATE TRIGGER `accounts_lose_grants` AFTER DELETE ON `accounts` BEGIN
	DELETE FROM `grants` WHERE `principal` = iif(OLD.`kind` = 'service', OLD.`name`, 'user:' || OLD.`name`);
END;--> statement-breakpoint
CREATE TRIGGER `groups_lose_grants` AFTER DELETE ON `groups` BEGIN
	DELETE FROM `grants` WHERE `principal` = 'group:' || OLD.`name`;
END;
