ALTER TABLE `version_facts` ADD `experiment` integer;--> statement-breakpoint
ALTER TABLE `version_facts` ADD `model_experiment` integer;--> statement-breakpoint
CREATE INDEX `version_facts_by_experiment` ON `version_facts` (`experiment`);--> statement-breakpoint
CREATE INDEX `version_facts_by_model_experiment` ON `version_facts` (`model_experiment`);--> statement-breakpoint
DROP TRIGGER `version_facts_refuse_update`;
--> statement-breakpoint
CREATE TRIGGER `version_facts_refuse_update` BEFORE UPDATE OF `model_version`, `revision`, `at_ms`, `digest`, `changed`, `changed_more`, `changed_by`, `changed_at_ms`, `experiment`, `model_experiment` ON `version_facts`
BEGIN
	SELECT RAISE(ABORT, 'a revision in version_facts is never changed');
END;
--> statement-breakpoint
DROP TRIGGER `experiments_lose_permissions`;
--> statement-breakpoint
CREATE TRIGGER `experiments_lose_permissions` AFTER DELETE ON `experiments`
WHEN NOT EXISTS (SELECT 1 FROM `version_facts` WHERE `experiment` = OLD.`id` OR `model_experiment` = OLD.`id`)
BEGIN
	DELETE FROM `role_permissions` WHERE `resource_type` = 'experiment' AND `resource` = cast(OLD.`id` AS text);
END;
