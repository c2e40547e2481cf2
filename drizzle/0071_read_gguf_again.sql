DELETE FROM `file_scans` WHERE `blob` IN (SELECT `blob` FROM `manifest_files` WHERE `path` LIKE '%.gguf%');--> statement-breakpoint
INSERT INTO `manifests_to_scan` (`manifest`, `scanned_to`) SELECT DISTINCT `manifest`, '' FROM `manifest_files` WHERE `path` LIKE '%.gguf%' ON CONFLICT (`manifest`) DO UPDATE SET `scanned_to` = '';
