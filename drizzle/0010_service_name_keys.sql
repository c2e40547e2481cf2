-- Services that an issuer brought had the prefix folded too, so that no look-alike of them was found
-- among those made here: `servlce:` for `service:`. Of a pair that is there already both stay as they
-- are, and the one from outside keeps its key.
UPDATE OR IGNORE `accounts` SET `name_key` = 'service:' || substr(`name_key`, 9)
WHERE `kind` = 'service' AND `name_key` LIKE 'servlce:%';
