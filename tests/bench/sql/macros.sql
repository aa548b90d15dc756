-- A number that looks random, the same for the same row and purpose: a share, or one of `n`.
CREATE MACRO share(i, purpose) AS CAST(hash(i, purpose) >> 11 AS DOUBLE) / 9007199254740992;
CREATE MACRO pick(i, purpose, n) AS CAST(hash(i, purpose) % CAST(n AS UBIGINT) AS BIGINT);
CREATE MACRO customer(number) AS 'C' || lpad(CAST(number AS VARCHAR), 9, '0');
CREATE MACRO order_of(number) AS 'R' || lpad(CAST(number AS VARCHAR), 11, '0');
CREATE MACRO product(number) AS '49' || lpad(CAST(number AS VARCHAR), 8, '0');
CREATE MACRO price_of(number) AS CAST(200 + pick(number, 'price', 9800) AS DECIMAL(18, 2));
-- Some people buy more often than others; the most eager tenth makes a quarter of the purchases.
CREATE MACRO buyer(i) AS CAST(floor(getvariable('customers') * power(share(i, 'buyer'), 1.7) * 0.999) AS BIGINT);
