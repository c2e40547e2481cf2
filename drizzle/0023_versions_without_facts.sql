CREATE TABLE `versions_without_facts` (
	`model_version` integer PRIMARY KEY NOT NULL
);
--> statement-breakpoint
INSERT INTO `versions_without_facts` (`model_version`)
SELECT `id` FROM `model_versions` WHERE `id` NOT IN (SELECT `model_version` FROM `version_facts`);
