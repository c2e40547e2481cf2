CREATE TABLE `workspaces` (
	`name` text PRIMARY KEY NOT NULL,
	`description` text,
	`default_artifact_root` text,
	`created_at_ms` integer NOT NULL,
	`deleted_at_ms` integer
);--> statement-breakpoint
INSERT INTO `workspaces` (`name`, `description`, `created_at_ms`)
VALUES ('default', 'Where everything is that no workspace was named for', 0);--> statement-breakpoint
-- A workspace may be deleted while a request is under way in it: nothing is made in one that is gone.
CREATE TRIGGER `experiments_are_in_a_workspace` BEFORE INSERT ON `experiments`
WHEN NOT EXISTS (SELECT 1 FROM `workspaces` WHERE `name` = new.`workspace` AND `deleted_at_ms` IS NULL) BEGIN
	SELECT raise(ABORT, 'there is no such workspace');
END;--> statement-breakpoint
CREATE TRIGGER `registered_models_are_in_a_workspace` BEFORE INSERT ON `registered_models`
WHEN NOT EXISTS (SELECT 1 FROM `workspaces` WHERE `name` = new.`workspace` AND `deleted_at_ms` IS NULL) BEGIN
	SELECT raise(ABORT, 'there is no such workspace');
END;--> statement-breakpoint
CREATE TRIGGER `webhooks_are_in_a_workspace` BEFORE INSERT ON `webhooks`
WHEN NOT EXISTS (SELECT 1 FROM `workspaces` WHERE `name` = new.`workspace` AND `deleted_at_ms` IS NULL) BEGIN
	SELECT raise(ABORT, 'there is no such workspace');
END;--> statement-breakpoint
CREATE TRIGGER `policies_are_in_a_workspace` BEFORE INSERT ON `policies`
WHEN NOT EXISTS (SELECT 1 FROM `workspaces` WHERE `name` = new.`workspace` AND `deleted_at_ms` IS NULL) BEGIN
	SELECT raise(ABORT, 'there is no such workspace');
END;--> statement-breakpoint
CREATE TRIGGER `grants_are_in_a_workspace` BEFORE INSERT ON `grants`
WHEN NOT EXISTS (SELECT 1 FROM `workspaces` WHERE `name` = new.`workspace` AND `deleted_at_ms` IS NULL) BEGIN
	SELECT raise(ABORT, 'there is no such workspace');
END;--> statement-breakpoint
CREATE TRIGGER `artifact_files_are_in_a_workspace` BEFORE INSERT ON `artifact_files`
WHEN NOT EXISTS (SELECT 1 FROM `workspaces` WHERE `name` = new.`workspace` AND `deleted_at_ms` IS NULL) BEGIN
	SELECT raise(ABORT, 'there is no such workspace');
END;--> statement-breakpoint
CREATE TRIGGER `multipart_uploads_are_in_a_workspace` BEFORE INSERT ON `multipart_uploads`
WHEN NOT EXISTS (SELECT 1 FROM `workspaces` WHERE `name` = new.`workspace` AND `deleted_at_ms` IS NULL) BEGIN
	SELECT raise(ABORT, 'there is no such workspace');
END;
