-- Functions with Trino's meaning where DuckDB's own differ. Loaded once a connection; enishi.lake.sql.duckdb names them.
-- cast_to_type(value, like) keeps the type of an argument, which SQL alone cannot say without knowing the columns.

-- Trino divides decimals to the larger scale of both, halves up; the factor of two ulps lifts exact halves over the edge.
CREATE OR REPLACE MACRO tr_half_up(quotient, kind) AS
    quotient * CASE WHEN typeof(kind) LIKE 'DECIMAL%' THEN cast_to_type(1.0000000000000004e0, quotient)
                    ELSE cast_to_type(1, quotient) END;
CREATE OR REPLACE MACRO tr_scale(x) AS CAST('0' || regexp_extract(typeof(x), ',(\d+)\)', 1) AS INTEGER);
CREATE OR REPLACE MACRO tr_divide(a, b) AS cast_to_type(tr_half_up(a / b, coalesce(a, b)), coalesce(a, b));
-- The median of one value is a double for whole numbers and a decimal of the same scale for decimals, as Trino's avg is.
CREATE OR REPLACE MACRO tr_avg(mean, sample) AS cast_to_type(
    CASE WHEN typeof(sample) LIKE 'DECIMAL%' THEN round(tr_half_up(mean, sample), tr_scale(sample)) ELSE mean END,
    list_median([sample]));

-- Rounding to places keeps the scale of a decimal.
CREATE OR REPLACE MACRO tr_round(x, places) AS cast_to_type(round(x, places), x);
CREATE OR REPLACE MACRO tr_truncate(x, places) AS cast_to_type(trunc(x, places), x);

-- Adding an interval to a date and truncating a date give a date.
CREATE OR REPLACE MACRO tr_plus(x, span) AS cast_to_type(x + span, x);
CREATE OR REPLACE MACRO tr_minus(x, span) AS cast_to_type(x - span, x);
CREATE OR REPLACE MACRO tr_date_trunc(unit, x) AS cast_to_type(date_trunc(unit, x), x);
CREATE OR REPLACE MACRO tr_sequence(a, b, step) AS cast_to_type(generate_series(a, b, step), [a]);
CREATE OR REPLACE MACRO tr_at_timezone(x, zone) AS
    timezone(zone, CAST(x AS TIMESTAMP WITH TIME ZONE));

-- CAST to an integer rounds halves away from zero, and takes text only when it is an integer.
CREATE OR REPLACE MACRO tr_integer(x) AS
    CASE WHEN typeof(x) IN ('DOUBLE', 'FLOAT') THEN CAST(round(CAST(x AS DOUBLE)) AS BIGINT)
         WHEN typeof(x) = 'VARCHAR' AND NOT regexp_full_match(CAST(x AS VARCHAR), '[+-]?\d+')
         THEN error('Cannot cast text to an integer')
         ELSE CAST(x AS BIGINT) END;
CREATE OR REPLACE MACRO tr_try_integer(x) AS
    CASE WHEN typeof(x) IN ('DOUBLE', 'FLOAT') THEN TRY_CAST(round(TRY_CAST(x AS DOUBLE)) AS BIGINT)
         WHEN typeof(x) = 'VARCHAR' AND NOT regexp_full_match(CAST(x AS VARCHAR), '[+-]?\d+') THEN NULL
         ELSE TRY_CAST(x AS BIGINT) END;

-- A timestamp's text has six decimals.
CREATE OR REPLACE MACRO tr_varchar(x) AS
    CASE WHEN typeof(x) <> 'TIMESTAMP' THEN CAST(x AS VARCHAR)
         WHEN length(CAST(x AS VARCHAR)) = 19 THEN CAST(x AS VARCHAR) || '.000000'
         ELSE rpad(CAST(x AS VARCHAR), 26, '0') END;

-- Text.
CREATE OR REPLACE MACRO tr_substr(x, start, size) AS
    CASE WHEN start = 0 OR -start > length(x) THEN substr(x, 1, 0) ELSE substr(x, start, size) END;
CREATE OR REPLACE MACRO tr_substr_rest(x, start) AS
    CASE WHEN start = 0 OR -start > length(x) THEN substr(x, 1, 0) ELSE substr(x, start) END;
CREATE OR REPLACE MACRO tr_split_part(x, delimiter, n) AS string_split(x, delimiter)[n];
CREATE OR REPLACE MACRO tr_regexp_extract(x, pattern, grp) AS
    CASE WHEN regexp_matches(x, pattern) THEN regexp_extract(x, pattern, grp) END;
CREATE OR REPLACE MACRO tr_from_base16(x) AS CAST('0x' || x AS BIGINT);

-- Parts of a URL; null for what is no URL, '' for a part that it does not have (but null for a parameter). A parameter's value and the path come decoded.
CREATE OR REPLACE MACRO tr_is_url(x) AS NOT regexp_matches(x, '[\x00-\x20"<>\\^`{|}]');
CREATE OR REPLACE MACRO tr_url_host(x) AS
    CASE WHEN tr_is_url(x)
         THEN regexp_extract(x, '^[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@]*@)?([^/?#:@]*)', 1) END;
CREATE OR REPLACE MACRO tr_url_path(x) AS
    CASE WHEN tr_is_url(x)
         THEN url_decode(regexp_extract(x, '^(?:[A-Za-z][A-Za-z0-9+.-]*:)?(?://[^/?#]*)?([^?#]*)', 1)) END;
CREATE OR REPLACE MACRO tr_url_parameter(x, parameter) AS
    CASE WHEN tr_is_url(x)
         THEN url_decode(replace(regexp_extract(
             list_filter(string_split(regexp_extract(x, '^[^?#]*\?([^#]*)', 1), '&'),
                         lambda p: string_split(p, '=')[1] = parameter)[1], '^[^=]*=?(.*)$', 1), '+', ' ')) END;

-- Arrays and maps. A subscript outside is an error; element_at gives null, but counts from one too.
CREATE OR REPLACE MACRO tr_element_at(list, n) AS
    CASE WHEN n = 0 AND list IS NOT NULL THEN error('Array subscripts start at 1') ELSE list[n] END;
CREATE OR REPLACE MACRO tr_item(list, n) AS
    CASE WHEN n < 1 OR n > len(list) THEN error('Array subscript out of bounds') ELSE list[n] END;
CREATE OR REPLACE MACRO tr_entry(m, k) AS
    CASE WHEN NOT map_contains(m, k) THEN error('Key not present in map') ELSE m[k] END;
CREATE OR REPLACE MACRO tr_slice(list, start, size) AS
    CASE WHEN start > 0 THEN list_slice(list, start, start + size - 1)
         WHEN -start > len(list) THEN list_slice(list, 2, 1)
         ELSE list_slice(list, len(list) + start + 1, len(list) + start + size) END;
CREATE OR REPLACE MACRO tr_array_position(list, x) AS
    CASE WHEN x IS NOT NULL
         THEN coalesce(list_position(list, x), CASE WHEN list IS NOT NULL THEN 0 END) END;
CREATE OR REPLACE MACRO tr_contains(list, x) AS
    CASE WHEN x IS NULL THEN NULL WHEN list_contains(list, x) THEN true
         WHEN len(list) = list_count(list) THEN false END;
CREATE OR REPLACE MACRO tr_array_max(list) AS CASE WHEN len(list) = list_count(list) THEN list_max(list) END;
CREATE OR REPLACE MACRO tr_array_min(list) AS CASE WHEN len(list) = list_count(list) THEN list_min(list) END;
CREATE OR REPLACE MACRO tr_any(verdicts) AS
    CASE WHEN verdicts IS NULL THEN NULL WHEN list_contains(verdicts, true) THEN true
         WHEN len(list_filter(verdicts, lambda v: v IS NULL)) > 0 THEN NULL ELSE false END;
CREATE OR REPLACE MACRO tr_all(verdicts) AS
    CASE WHEN verdicts IS NULL THEN NULL WHEN list_contains(verdicts, false) THEN false
         WHEN len(list_filter(verdicts, lambda v: v IS NULL)) > 0 THEN NULL ELSE true END;

-- JSON: text that is not JSON, and an answer that is not a scalar, give null.
CREATE OR REPLACE MACRO tr_json_scalar(j, path) AS
    CASE WHEN NOT json_valid(j) OR json_type(j, path) IN ('OBJECT', 'ARRAY', 'NULL') THEN NULL
         ELSE json_extract_string(j, path) END;
CREATE OR REPLACE MACRO tr_json(j, path) AS CASE WHEN json_valid(j) THEN json_extract(j, path) END;

-- Numbers. Trino's logarithm to a base is a quotient, with its rounding.
CREATE OR REPLACE MACRO tr_log(base, x) AS ln(x) / ln(base);
CREATE OR REPLACE MACRO tr_width_bucket(x, low, high, n) AS
    CAST(CASE WHEN low < high THEN CASE WHEN x < low THEN 0 WHEN x >= high THEN n + 1
                                   ELSE floor(n * (CAST(x AS DOUBLE) - low) / (CAST(high AS DOUBLE) - low)) + 1 END
              ELSE CASE WHEN x > low THEN 0 WHEN x <= high THEN n + 1
                   ELSE floor(n * (CAST(low AS DOUBLE) - x) / (CAST(low AS DOUBLE) - high)) + 1 END END AS BIGINT);
CREATE OR REPLACE MACRO tr_great_circle(lat1, lon1, lat2, lon2) AS
    6371.01e0 * atan2(
        sqrt(pow(cos(radians(lat2)) * sin(radians(lon1 - lon2)), 2)
             + pow(cos(radians(lat1)) * sin(radians(lat2))
                   - sin(radians(lat1)) * cos(radians(lat2)) * cos(radians(lon1 - lon2)), 2)),
        sin(radians(lat1)) * sin(radians(lat2))
        + cos(radians(lat1)) * cos(radians(lat2)) * cos(radians(lon1 - lon2)));

-- Edits between two texts, counted in characters as Trino does; DuckDB counts bytes. Each character stands for its first
-- place in both texts, one byte for each: exact where the two have 127 characters at most.
CREATE OR REPLACE MACRO tr_levenshtein(a, b) AS
    CASE WHEN strlen(a) + strlen(b) = length(a) + length(b) THEN levenshtein(a, b)
         WHEN a = '' OR b = '' THEN greatest(length(a), length(b))
         ELSE levenshtein(
             array_to_string(list_transform(string_split(a, ''), lambda c: chr(CAST(instr(a || b, c) AS INTEGER))), ''),
             array_to_string(list_transform(string_split(b, ''), lambda c: chr(CAST(instr(a || b, c) AS INTEGER))), ''))
    END;
