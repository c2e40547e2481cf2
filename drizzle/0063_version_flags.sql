CREATE TABLE `version_flags` (
	`model_version` integer PRIMARY KEY NOT NULL,
	`is_due` integer NOT NULL,
	`told` text NOT NULL,
	FOREIGN KEY (`model_version`) REFERENCES `model_versions`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `version_flags_due` ON `version_flags` (`model_version`) WHERE is_due = 1;--> statement-breakpoint
CREATE TRIGGER `versions_are_flagged` AFTER INSERT ON `model_versions`
WHEN NEW.`manifest` IS NOT NULL AND NOT EXISTS (
	SELECT 1 FROM `manifests_to_scan` WHERE `manifest` = NEW.`manifest`) BEGIN
	INSERT INTO `version_flags` (`model_version`, `is_due`, `told`) VALUES (NEW.`id`, 1, '');
END;--> statement-breakpoint
CREATE TRIGGER `scanned_versions_are_flagged` AFTER DELETE ON `manifests_to_scan` BEGIN
	INSERT INTO `version_flags` (`model_version`, `is_due`, `told`)
		SELECT `id`, 1, '' FROM `model_versions` WHERE `manifest` = OLD.`manifest`
		ON CONFLICT (`model_version`) DO UPDATE SET `is_due` = 1;
END;
