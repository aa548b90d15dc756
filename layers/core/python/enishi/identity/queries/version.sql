-- What a row says, as a hash.
SELECT TO_HEX(SHA256(TO_UTF8(:said))) AS version
