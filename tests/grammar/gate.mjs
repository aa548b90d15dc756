// Reads [{where, sql}, …] as JSON and writes those that Trino's grammar does not accept, with what it says.
import { readFileSync } from 'node:fs';
import { TrinoSQL } from 'dt-sql-parser';

const grammar = new TrinoSQL();
const refused = JSON.parse(readFileSync(0, 'utf8')).flatMap(({ where, sql }) =>
  grammar.validate(sql).slice(0, 1).map((found) => ({
    where,
    says: `${found.message} at line ${found.startLine}, column ${found.startColumn}`,
    sql,
  })),
);
process.stdout.write(JSON.stringify(refused));
