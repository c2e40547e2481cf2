DELETE FROM `file_scans`;--> statement-breakpoint
INSERT INTO `manifests_to_scan` (`manifest`, `scanned_to`) SELECT `id`, '' FROM `manifests` WHERE true ON CONFLICT (`manifest`) DO UPDATE SET `scanned_to` = '';
